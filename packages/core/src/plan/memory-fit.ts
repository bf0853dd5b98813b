import type { MemoryDemand, MemoryPart } from '../plugin/runtime.js';
import { type Bytes, bytes } from './bytes.js';

/** More tokens than any model takes: where an engine's need does not grow with the context, the answer is this. */
const CEILING = 2 ** 30;

/** What one GPU can hold of an engine. */
export interface MemoryFit {
  readonly usableBytes: Bytes;
  /** The longest context that fits, in tokens; less than one when not even the fixed part does. */
  readonly tokens: number;
}

/** Bytes that an engine needs on one GPU with a context of `tokens`. */
export function memoryAt(demand: MemoryDemand, tokens: number): Bytes {
  const perToken = demand.perToken.reduce((total, part) => total + part.bytes * counted(part, tokens), 0);
  return bytes(sum(demand.fixed) + perToken + sum(demand.perTokenSquared) * tokens * tokens);
}

/** The parts of {@link memoryAt}, each with its share at that context; those that come to nothing are left out. */
export function partsAt(demand: MemoryDemand, tokens: number): readonly MemoryPart[] {
  const times = (parts: readonly MemoryPart[], factor: (part: MemoryPart) => number) =>
    parts.map((part) => ({ ...part, bytes: bytes(part.bytes * factor(part)) }));
  return [
    ...demand.fixed,
    ...times(demand.perToken, (part) => counted(part, tokens)),
    ...times(demand.perTokenSquared, () => tokens * tokens),
  ].filter((part) => part.bytes > 0);
}

/** Tokens that a part grows with. */
function counted({ upTo }: MemoryPart, tokens: number): number {
  return upTo === undefined ? tokens : Math.min(upTo, tokens);
}

/**
 * Solves the demand for the longest context. By bisection and not by the root formula: the need grows with the context, whole
 * tokens are asked for, and the answer must never be one token too many for a rounding error.
 */
export function fitMemory(demand: MemoryDemand, gpuBytes: Bytes): MemoryFit {
  const usableBytes = Math.floor(gpuBytes * demand.utilization) as Bytes;
  let fits = -1;
  let tooLong = CEILING + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (memoryAt(demand, middle) <= usableBytes) fits = middle;
    else tooLong = middle;
  }
  return { usableBytes, tokens: Math.max(0, fits) };
}

function sum(parts: readonly MemoryPart[]): number {
  return parts.reduce((total, part) => total + part.bytes, 0);
}
