/** Fails a rule, saying what was expected and what was there. The suites depend on no assertion library. */
export function must(holds: boolean, expected: string, actual?: unknown): asserts holds {
  if (holds) return;
  throw new Error(actual === undefined ? expected : `${expected}; there was ${JSON.stringify(actual)}`);
}
