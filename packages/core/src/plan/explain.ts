import { formatGib } from './bytes.js';
import type { Infeasible, Plan, PlannedNodes, PlannedTuning, Rejected } from './plan.js';

/** Width of the first column. */
const LABEL = 12;

/** A decision in lines for people: what `kaito plan` prints. Every figure of the Plan is in it. */
export function explain(decision: Plan | Infeasible): readonly string[] {
  return decision.feasible ? explainPlan(decision) : explainInfeasible(decision);
}

function explainPlan(plan: Plan): readonly string[] {
  const { model, nodes, runtime, engine, memory } = plan;
  const gpus = `${nodes.gpusPerNode} x ${nodes.gpu.model}, ${formatGib(nodes.gpu.memoryBytes)} each`;
  const machine = nodes.gpusPerNode === 0 ? nodes.gpu.model : gpus;
  const whose = memory.machine ? 'of the machine with' : 'on each GPU of';
  const weights = engine.weights === 'image' ? 'inside the image' : `at ${model.revision ?? 'no pinned commit'}`;
  const gate = model.gated === true ? ', gated: needs a token of somebody who accepted its conditions' : '';
  const where = [
    nodes.capacityType,
    ...(nodes.zone === undefined ? [] : [`in ${nodes.zone}`]),
    ...split(nodes),
    `by ${nodes.provisioner}`,
  ].join(', ');
  const { sequences } = memory.context;
  const price = nodes.price
    ? `$${nodes.price.usdPerHour} an hour (list price in ${nodes.price.region}, ${nodes.price.asOf})`
    : 'unknown';
  return [
    row('workspace', `${plan.workspace.namespace}/${plan.workspace.name} (${plan.kind})`),
    row('model', `${model.preset}: ${model.repository}, weights ${weights}, licence ${model.licence}${gate}`),
    row('nodes', `${nodes.count} x ${nodes.instanceType} (${machine}), ${where}`),
    row('disk', formatGib(nodes.diskBytes)),
    row('price', price),
    row('runtime', `${runtime.name}: ${runtime.because}`),
    row('engine', engine.image),
    row('', [...engine.command, ...(engine.args ?? [])].join(' ')),
    ...(engine.tuning === undefined
      ? [
          row(
            '',
            `${engine.dtype}, port ${engine.port}, ready within ${engine.startupSeconds} s of its start or it has failed`,
          ),
        ]
      : explainTuning(engine.tuning, engine.dtype)),
    ...rows(
      'adapters',
      (engine.adapters?.items ?? []).map(
        ({ name, strength, image }) => `${name}, strength ${strength}, from ${image ?? 'a volume'}`,
      ),
    ),
    row(
      'memory',
      `${formatGib(memory.neededBytes)} of ${formatGib(memory.usableBytes)} usable, ${whose} ${formatGib(memory.gpuBytes)}`,
    ),
    ...memory.parts.map((part) => row('', `${formatGib(part.bytes).padStart(10)}  ${part.name} (${part.source})`)),
    ...(memory.context.model > 1
      ? [
          row(
            'context',
            `${engine.contextLength} tokens; the model was made for ${memory.context.model}, and ${memory.context.fits} fit`,
          ),
        ]
      : []),
    ...(sequences === undefined || memory.context.model === 1
      ? []
      : [row('', `${sequences} ${sequences === 1 ? 'sequence' : 'sequences'} of that length at once`)]),
    ...rows(
      'warning',
      plan.warnings.map(({ message }) => message),
    ),
    ...rows('unchecked', plan.unchecked),
    ...rows('unverified', plan.unverified),
    ...rows('rejected', plan.rejected.map(reasoned)),
  ];
}

function explainTuning(tuning: PlannedTuning, dtype: string): readonly string[] {
  const { method, config, input, output, targets } = tuning;
  const layers = targets === undefined ? 'every linear layer' : targets.join(', ');
  return [
    row('tuning', `${method} of ${layers}, computed in ${dtype}; settings: ${config ?? 'the template of the method'}`),
    ...rows('data', input.from),
    row('result', `${output.kind === 'image' ? 'pushed to' : 'kept in'} ${output.to}`),
  ];
}

function explainInfeasible(refusal: Infeasible): readonly string[] {
  return [
    row('infeasible', `${refusal.field}: ${refusal.message} (${refusal.code})`),
    row('way out', refusal.remedy),
    ...rows('rejected', refusal.rejected.map(reasoned)),
  ];
}

/** How one copy of the model is laid over machines and GPUs, where it is. */
function split({ pipeline, tensorParallel, gpusPerNode }: PlannedNodes): readonly string[] {
  return [
    ...(pipeline === undefined ? [] : [`${pipeline} nodes share the layers of one copy`]),
    ...(tensorParallel === undefined ? [] : [`${tensorParallel} of ${gpusPerNode} GPUs share each layer`]),
  ];
}

function reasoned({ candidate, reason }: Rejected): string {
  return `${candidate}: ${reason}`;
}

/** One row an entry; the label stands beside the first. */
function rows(label: string, entries: readonly string[]): readonly string[] {
  return entries.map((entry, index) => row(index === 0 ? label : '', entry));
}

function row(label: string, words: string): string {
  return `${label.padEnd(LABEL)}${words}`.trimEnd();
}
