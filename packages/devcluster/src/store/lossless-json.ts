/**
 * JSON in which whole numbers keep every digit. JavaScript's own reader rounds integers above 2^53; the real server keeps them
 * (`9007199254740993` comes back as it went in, measured on kube-apiserver 1.34.4). Such an integer is a `bigint` here, every other
 * number is a `number`, so that an integer has one form only and `===` compares.
 */

interface SourceContext {
  readonly source?: string;
}

type SourceReviver = (this: unknown, key: string, value: unknown, context: SourceContext) => unknown;

/** Part of the language since V8 11.4 (Node 21); the library that TypeScript 7.0 brings does not know them yet. */
const engine = JSON as unknown as {
  parse(text: string, reviver: SourceReviver): unknown;
  rawJSON(text: string): unknown;
};

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/** Sixteen digits in a row: nothing shorter can lie beyond 2^53. */
const longNumber = /\d{16}/;
const whole = /^-?\d+$/;

/** A whole number as the server holds it: what does not fit 64 bits becomes a floating-point number, as in Go's decoder. */
export function integerOf(text: string): number | bigint {
  const near = Number(text);
  if (Number.isSafeInteger(near)) return near;
  const exact = BigInt(text);
  return exact >= least && exact <= most ? exact : near;
}

/** Reads JSON. @throws SyntaxError as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  // The exact reader is several times slower than the plain one, and hardly any text needs it.
  if (!longNumber.test(text)) return JSON.parse(text);
  return engine.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && whole.test(source) ? integerOf(source) : value,
  );
}

/** Writes JSON; the text of {@link parseJson}'s values is that which it read. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? engine.rawJSON(String(each)) : each));
  }
}

/** Whether a value is a whole number, of either form. */
export function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** Whether a value is a number, of either form. */
export function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || typeof value === 'number';
}
