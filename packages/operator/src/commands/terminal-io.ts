import { plainText } from '@kaito-sdk/core';
import type { CommandIo } from './command.js';

/** Somewhere to write: `process.stdout`. */
export interface Sink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * What commands print is in part what others wrote: a model's answer, a cloud's refusal, the last words of a container. None of it may
 * steer the terminal that it is read on. In JSON and YAML the same text stands for the same value.
 */
export function terminalIo(out: Sink, err: Sink, signal: AbortSignal): CommandIo {
  const plain = (text: string) => plainText(text, Number.POSITIVE_INFINITY);
  return {
    out: (text) => void out.write(plain(text)),
    err: (text) => void err.write(plain(text)),
    watched: err.isTTY === true,
    signal,
  };
}
