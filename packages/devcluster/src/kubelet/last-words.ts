import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Container } from '../kinds.js';
import type { ContainerLog } from './container-log.js';

/** Limits of the kubelet (1.34): of the file so many bytes, of the log so many lines and bytes. */
const MOST_OF_FILE = 4096;
const MOST_OF_LOG = { lines: 80, bytes: 2048 };

/** What a container left at its `terminationMessagePath`; undefined when it wrote nothing there. */
export function wordsIn(file: string): string | undefined {
  const buffer = Buffer.alloc(MOST_OF_FILE);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  const length = readSync(descriptor, buffer, 0, MOST_OF_FILE, 0);
  closeSync(descriptor);
  return length === 0 ? undefined : buffer.toString('utf8', 0, length);
}

/** Makes the empty file that a container finds there. */
export function emptyWords(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

/** The end of the log, for a container that failed, left no message, and asked for that (`FallbackToLogsOnError`). */
export function wordsOfLog(container: Container, exitCode: number, log: ContainerLog | undefined): string | undefined {
  if (exitCode === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return undefined;
  const text = log?.tail(MOST_OF_LOG.lines) ?? '';
  return text === '' ? undefined : Buffer.from(text).subarray(-MOST_OF_LOG.bytes).toString('utf8');
}
