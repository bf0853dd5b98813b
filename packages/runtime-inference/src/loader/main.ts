#!/usr/bin/env node
import { container } from './machine.js';
import { runLoader } from './run.js';

const stopped = new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
});
process.exit(await runLoader(process.argv.slice(2), container, stopped));
