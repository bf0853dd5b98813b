import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Catalogs } from '@kaito-sdk/core';
import { installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';

/** The day that stored plans are made for: after the last price was read and after the retirement of the V100 sizes. */
const TODAY = Date.UTC(2026, 10, 22);

/** The planner's catalogs as a user's configuration makes them, on a fixed day. */
export async function planning(config: Readonly<Record<string, unknown>> = {}): Promise<Catalogs> {
  const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
  const whole = { provisioner: 'karpenter', ...config };
  const clock = { now: () => TODAY } as never;
  return (await installPlugins(operatorConfig(whole, 'the test'), from, clock)).catalogs();
}

/** Karpenter where retired types can still exist, as on the simulated cloud of the quick start. */
export const SIMULATED = { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn' } } };

/**
 * Compares with a stored text, or stores it with `UPDATE_GOLDEN=1`; then the difference is for a person to read. Without `block` it is the
 * whole file, else the lines between the marks of that name.
 */
export function golden(file: URL, text: string, block?: string): void {
  const update = process.env.UPDATE_GOLDEN === '1';
  if (block === undefined) {
    if (update) writeFileSync(file, text);
    expect(readFileSync(file, 'utf8'), `${file.pathname}: UPDATE_GOLDEN=1 stores the present one`).to.equal(text);
    return;
  }
  const [begin, end] = [`<!-- generated: ${block} -->\n`, '<!-- end -->'];
  const whole = readFileSync(file, 'utf8');
  const from = whole.indexOf(begin) + begin.length;
  const to = whole.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`${file.pathname} has no block ${begin}`);
  if (update) writeFileSync(file, `${whole.slice(0, from)}${text}${whole.slice(to)}`);
  else expect(whole.slice(from, to), `${block}: UPDATE_GOLDEN=1 stores the present one`).to.equal(text);
}
