import { askingRules } from './provisioner-rules/asking.js';
import { failingRules } from './provisioner-rules/failing.js';
import { observingRules } from './provisioner-rules/observing.js';
import { owningRules } from './provisioner-rules/owning.js';
import { releasingRules } from './provisioner-rules/releasing.js';
import type { ProvisionerRule, ProvisionerUnderTest } from './provisioner-under-test.js';

/** The whole contract: one rule for each row of `docs/reference/contracts/provisioner.md`. */
export const provisionerRules: readonly ProvisionerRule[] = [
  ...askingRules,
  ...observingRules,
  ...failingRules,
  ...releasingRules,
  ...owningRules,
];

/** Rules that a provisioner does not keep, by id, each with the reason: it goes into the support table. */
export type UnsupportedRules = Readonly<Record<string, string>>;

export interface ConformanceOptions {
  readonly unsupported?: UnsupportedRules;
  /** Milliseconds of real time for one rule. @default 60000 */
  readonly timeoutMs?: number;
  /** Where the tests are declared. @default the globals of mocha, jest or vitest */
  readonly suite?: TestSuite;
}

/** What is needed of a test framework. */
export interface TestSuite {
  describe(title: string, declare: () => void): void;
  it(title: string, prove: () => Promise<void>): unknown;
}

/**
 * Declares a test for each rule of the provisioner contract. `make` gives a world of its own to each of them.
 *
 * ```ts
 * provisionerConformance('acme', () => acmeOnItsSimulator(), { unsupported: { 'PROV-07': 'acme sells no spot machines' } });
 * ```
 * @throws when `unsupported` names a rule that does not exist
 */
export function provisionerConformance(
  name: string,
  make: () => Promise<ProvisionerUnderTest>,
  options: ConformanceOptions = {},
): void {
  const { unsupported = {}, timeoutMs = 60_000, suite = globalThis as unknown as TestSuite } = options;
  checkIds(unsupported);
  suite.describe(`provisioner contract: ${name}`, () => {
    for (const rule of provisionerRules) {
      if (rule.id in unsupported) continue;
      const test = suite.it(`${rule.id} ${rule.title}`, () => proveRule(rule, make));
      (test as { timeout?: (ms: number) => unknown } | undefined)?.timeout?.(timeoutMs);
    }
  });
}

/** Proves one rule in a world of its own. */
export async function proveRule(rule: ProvisionerRule, make: () => Promise<ProvisionerUnderTest>): Promise<void> {
  const world = await make();
  try {
    await rule.prove(world);
  } finally {
    await world.stop();
  }
}

/** The support table of a plugin's README, in Markdown: what the suite proves of it, and what it does not claim. */
export function supportTable(columns: Readonly<Record<string, UnsupportedRules>>): string {
  const names = Object.keys(columns);
  for (const unsupported of Object.values(columns)) checkIds(unsupported);
  const cell = (rule: ProvisionerRule, name: string) => {
    const why = columns[name]?.[rule.id];
    return why === undefined ? 'yes' : `no: ${why}`;
  };
  const rows = provisionerRules.map(
    (rule) => `| ${rule.id} | ${rule.title} | ${names.map((name) => cell(rule, name)).join(' | ')} |`,
  );
  return [
    `| rule | what is proved | ${names.join(' | ')} |`,
    `| --- | --- | ${names.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n');
}

function checkIds(unsupported: UnsupportedRules): void {
  const known = new Set(provisionerRules.map(({ id }) => id));
  const wrong = Object.keys(unsupported).filter((id) => !known.has(id));
  if (wrong.length > 0) throw new Error(`no such rule of the provisioner contract: ${wrong.join(', ')}`);
}
