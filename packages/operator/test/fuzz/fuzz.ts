import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Target } from './target.js';

/** A found case: kept for ever, and run first. */
export interface Case {
  readonly target: string;
  /** What went wrong when it was found. */
  readonly found: string;
  readonly input: unknown;
}

export const corpusFolder = fileURLToPath(new URL('../../test/fuzz/corpus/', import.meta.url));

export function corpus(): readonly (Case & { readonly file: string })[] {
  const files = readdirSync(corpusFolder).filter((file) => file.endsWith('.json'));
  return files
    .sort()
    .map((file) => ({ file, ...(JSON.parse(readFileSync(`${corpusFolder}${file}`, 'utf8')) as Case) }));
}

export interface Found {
  /** An input that shows it, the smallest that there was time for. */
  readonly input: unknown;
  readonly error: Error;
}

/**
 * Feeds a target the inputs of one seed: the same on every machine. Answers the first that is wrong.
 *
 * @param shrinkMs how long the seed may take, making that smaller included; left out, it is answered as it was found
 */
export async function fuzz(
  target: Target<never>,
  seed: number,
  runs: number,
  each: (input: unknown) => void = () => undefined,
  shrinkMs?: number,
): Promise<Found | undefined> {
  const property = fc.asyncProperty(target.input, async (input: unknown) => {
    each(input);
    await target.run(input as never);
  });
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(shrinkMs === undefined ? { endOnFailure: true } : { interruptAfterTimeLimit: shrinkMs }),
  });
  if (!details.failed) return undefined;
  const error =
    details.errorInstance instanceof Error ? details.errorInstance : new Error(String(details.errorInstance));
  return { input: details.counterexample?.[0], error };
}
