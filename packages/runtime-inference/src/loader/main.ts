#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { loadAdapters } from './load-adapters.js';
import { EXIT_CODES, LoaderError } from './loader-error.js';
import { readDocument } from './read-document.js';

/** Where the kubelet reads a container's last words. */
const LAST_WORDS = process.env.KAITO_TERMINATION_LOG ?? '/dev/termination-log';

const [argument = '', ...more] = process.argv.slice(2);
try {
  if (more.length > 0) throw new LoaderError('DOCUMENT_INVALID', 'one argument is expected, the document');
  const report = await loadAdapters(readDocument(argument), {
    env: process.env,
    ask: (url, init) => fetch(url, init),
    log: (line) => console.error(line),
  });
  const words = JSON.stringify(report);
  console.log(words);
  await lastWords(words);
} catch (error) {
  const known = error instanceof LoaderError ? error : undefined;
  const about = known?.adapter === undefined ? '' : ` adapter ${known.adapter}:`;
  const words = `${known?.code ?? 'FAILED'}:${about} ${error instanceof Error ? error.message : String(error)}`;
  console.error(words);
  await lastWords(words);
  process.exitCode = known === undefined ? 1 : EXIT_CODES[known.code];
}

/** Outside of a cluster there is no such file, and nobody who reads it. */
async function lastWords(words: string): Promise<void> {
  await writeFile(LAST_WORDS, words.slice(0, 4000)).catch(() => {});
}
