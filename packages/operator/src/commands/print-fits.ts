import { type Catalogs, fitTable } from '@kaito-sdk/core';
import { fitLine, fitLines } from '../fit-lines.js';
import { UsageError } from '../usage-error.js';
import type { CommandIo } from './command.js';
import { type Output, print } from './output.js';

export interface FitQuestion {
  readonly models: readonly string[];
  readonly instanceTypes?: readonly string[];
  /** Also what does not fit. */
  readonly all: boolean;
  readonly output: Output;
}

/** Prints models against instance types, the cheapest first. Answers 1 when none fits anywhere. */
export function printFits(catalogs: Catalogs, io: CommandIo, question: FitQuestion): number {
  const { models, instanceTypes, all, output } = question;
  const fits = fitTable(catalogs, { models, ...(instanceTypes === undefined ? {} : { instanceTypes }) });
  if (fits.length === 0) throw new UsageError(`no model is called ${models.join(' or ')}; kaito presets lists them`);
  for (const { decision } of fits) {
    if (decision.feasible || decision.code !== 'UnknownInstanceType') continue;
    const [hint = ''] = /^Did you mean [^?]*\?/.exec(decision.remedy) ?? [];
    throw new UsageError(`${decision.message} ${hint || 'kaito instances lists them.'}`);
  }
  const lines = fits.map((fit) => fitLine(fit, catalogs));
  const shown = lines.filter((line) => all || (line.fits && line.retired === undefined));
  const order = [...new Set(lines.map(({ model }) => model))];
  const sorted = shown.toSorted(
    (a, b) =>
      order.indexOf(a.model) - order.indexOf(b.model) ||
      Number(b.fits) - Number(a.fits) ||
      (a.usdPerHour ?? Number.MAX_VALUE) - (b.usdPerHour ?? Number.MAX_VALUE) ||
      (a.instanceType < b.instanceType ? -1 : 1),
  );
  print(io, output, sorted, () => fitLines(sorted));
  return lines.some(({ fits: fit }) => fit) ? 0 : 1;
}
