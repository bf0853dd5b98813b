import { type Catalogs, type Fit, findInstance, formatGib, retirement } from '@kaito-sdk/core';
import { columns } from './commands/output.js';

/** One line of the fit table. Plain JSON, for `-o json` too. */
export interface FitLine {
  readonly model: string;
  readonly instanceType: string;
  readonly gpus: string;
  readonly fits: boolean;
  /** `$ an hour`; absent when no price is known. */
  readonly usdPerHour?: number;
  readonly runtime?: string;
  /** Tokens, and how many sequences of that length at once. */
  readonly context?: number;
  readonly sequences?: number;
  /** Of one GPU: what is needed at that context. */
  readonly memory?: string;
  readonly retired?: string;
  /** Why it does not fit. */
  readonly code?: string;
  readonly reason?: string;
}

/** What a table shows of one decision. */
export function fitLine({ preset, instanceType, decision }: Fit, catalogs: Catalogs): FitLine {
  const instance = findInstance(catalogs.instances, instanceType);
  const retired = instance && retirement(instance, catalogs.today) === 'retired' ? instance.retiredOn : undefined;
  const machine = {
    model: preset,
    instanceType,
    gpus: instance ? `${instance.gpu.count} x ${instance.gpu.model.replace(/^NVIDIA /, '')}` : '-',
    ...(retired === undefined ? {} : { retired }),
  };
  if (!decision.feasible) return { ...machine, fits: false, code: decision.code, reason: decision.message };
  const { engine, memory, nodes, runtime } = decision;
  return {
    ...machine,
    fits: true,
    ...(nodes.price === undefined ? {} : { usdPerHour: nodes.price.usdPerHour }),
    runtime: runtime.name,
    context: engine.contextLength,
    sequences: memory.context.sequences ?? 1,
    memory: formatGib(memory.neededBytes),
  };
}

const COLUMNS: readonly (readonly [head: string, cell: (line: FitLine) => string])[] = [
  ['MODEL', ({ model }) => model],
  ['INSTANCE', ({ instanceType }) => instanceType],
  ['GPUS', ({ gpus }) => gpus],
  ['$/HOUR', ({ usdPerHour }) => (usdPerHour === undefined ? '-' : String(usdPerHour))],
  ['RUNTIME', ({ runtime }) => runtime ?? '-'],
  ['CONTEXT', ({ context }) => (context === undefined ? '-' : String(context))],
  ['AT ONCE', ({ sequences }) => (sequences === undefined ? '-' : String(sequences))],
  ['NOTE', (line) => [line.retired && `retired ${line.retired}`, line.code].filter(Boolean).join(', ')],
];

/** The table in lines of text, the columns as wide as they must be. */
export function fitLines(lines: readonly FitLine[]): readonly string[] {
  return columns(
    COLUMNS.map(([head]) => head),
    lines.map((line) => COLUMNS.map(([, cell]) => cell(line))),
  );
}
