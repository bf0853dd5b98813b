import type fc from 'fast-check';
import { MARKER } from './hostile-values.js';

/** A part of the product that reads what others wrote. */
export interface Target<Input = never> {
  readonly name: string;
  readonly input: fc.Arbitrary<Input>;
  /** Runs of one seed in `npm test`; a long run takes five times as many. @default 200 */
  readonly runs?: number;
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** Feeds one input. Throws what is wrong: a crash, an error of another kind than the part's own, a leak, an answer without bounds. */
  run(input: Input): void | Promise<void>;
}

/** The most that anybody is told about one input. */
const LONGEST = 200_000;

const HIDDEN = [MARKER, Buffer.from(MARKER).toString('base64'), Buffer.from(`user:${MARKER}`).toString('base64')];

/** Whatever is said: no secret in it, and not without end. */
export function quiet(said: unknown, where: string): void {
  const text = textOf(said);
  if (text.length > LONGEST) throw new Error(`${where} says ${text.length} characters`);
  secretless(text, where);
}

/** Whatever is said: no secret in it. */
export function secretless(said: unknown, where: string): void {
  const text = textOf(said);
  const leaked = HIDDEN.find((one) => text.includes(one));
  if (leaked !== undefined)
    throw new Error(`${where} shows a secret: ${text.slice(Math.max(0, text.indexOf(leaked) - 60)).slice(0, 120)}`);
}

/** Text that lands on terminals: {@link quiet}, and nothing that one would act on. */
export function plain(said: string, where: string): void {
  quiet(said, where);
  const acting = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u.exec(said);
  if (acting)
    throw new Error(
      `${where} has a control character: ${JSON.stringify(said.slice(Math.max(0, acting.index - 40), acting.index + 40))}`,
    );
}

/** Runs a part that may refuse. An error that is not the part's own is a crash. */
export async function refusing<T>(
  task: () => T | Promise<T>,
  isOwn: (error: unknown) => boolean,
): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (!isOwn(error)) throw error;
    quiet((error as Error).message, 'a refusal');
    return undefined;
  }
}

/** devcluster hands integers out that have more digits than a number of JavaScript holds. */
function textOf(said: unknown): string {
  if (typeof said === 'string') return said;
  return JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}
