#!/usr/bin/env node
import { tooOld } from './node-version.js';

// The rest is imported only then: an older Node cannot even link it, and would end in a SyntaxError about somebody's module.
const problem = tooOld(process.versions.node);
if (problem === undefined) await import('./command-line.js');
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
