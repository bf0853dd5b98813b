import type { Workspace } from '../api/workspace.js';
import type { InstanceType } from '../plugin/instance-catalog.js';
import type { ModelPreset } from '../plugin/preset-pack.js';
import type { MemoryDemand, Runtime, RuntimeNeed, Supported } from '../plugin/runtime.js';
import { formatGib } from './bytes.js';
import type { CapacityType, SizingPolicy, UnavailableOffer } from './catalogs.js';
import { kaitoNodes } from './kaito-estimator.js';
import { fitMemory, type MemoryFit, memoryAt } from './memory-fit.js';
import { memoryOf } from './memory-of.js';
import { cacheBytesPerToken, weightBytes } from './model-memory.js';
import type { InfeasibleCode, Rejected } from './plan.js';
import { formatPrice, priceOf, times } from './price.js';
import { unreadFields } from './unsupported.js';

/** What is to be placed, the same for every instance type that is tried. */
export interface Need {
  readonly workspace: Workspace;
  readonly preset: ModelPreset;
  readonly nodes: number;
  readonly fields: readonly string[];
  /** Too little GPU memory is to be a warning and no refusal. */
  readonly bypass: boolean;
  /** In the order of preference. */
  readonly runtimes: readonly Runtime[];
  /** Where the machines may come from: the rung that is being tried. */
  readonly offer: { readonly capacityType: CapacityType; readonly zone?: string };
  readonly policy: SizingPolicy;
  readonly unavailable: readonly UnavailableOffer[];
  /** Region whose prices count. */
  readonly region?: string;
  /** US dollars an hour for all nodes together. */
  readonly priceLimit?: number;
}

/** One instance type with the runtime that it would be used with. */
export interface Candidate {
  readonly fits: true;
  readonly instance: InstanceType;
  readonly runtime: Runtime;
  readonly need: RuntimeNeed;
  readonly supported: Supported;
  readonly demand: MemoryDemand;
  readonly memory: MemoryFit;
  /** What it lacks, where it is taken although it does not fit: one sentence. */
  readonly short?: string;
  /** Runtimes of higher preference, and why they were not taken. */
  readonly rejected: readonly Rejected[];
}

/** Why an instance type will not do. */
export interface Misfit {
  readonly fits: false;
  readonly code: InfeasibleCode;
  readonly message: string;
  /** What the runtime advises, when it was the runtime that refused. */
  readonly remedy?: string;
  readonly rejected: readonly Rejected[];
}

/** Tries the runtimes on one instance type, the preferred one first. The first whose memory fits wins. */
export function evaluate(need: Need, instance: InstanceType): Candidate | Misfit {
  const beforehand = unavailableMisfit(need, instance) ?? diskMisfit(need.preset, instance);
  if (beforehand) return beforehand;
  const refusals: Refusal[] = [];
  const rejected: Rejected[] = [];
  for (const runtime of need.runtimes) {
    const outcome = tryRuntime(need, instance, runtime);
    if (outcome.fits) return priceMisfit(need, outcome) ?? { ...outcome, rejected };
    refusals.push(outcome);
    rejected.push({ candidate: `${instance.name} with ${runtime.name}`, reason: outcome.message });
  }
  const forced = need.bypass ? refusals.find(({ tried }) => tried !== undefined)?.tried : undefined;
  if (forced) return priceMisfit(need, forced) ?? { ...forced, rejected };
  return { ...summary(refusals, instance), rejected };
}

/** One runtime on one instance type: on as many machines as were asked for, and where none holds the model alone, on several together. */
function tryRuntime(need: Need, instance: InstanceType, runtime: Runtime): Omit<Candidate, 'rejected'> | Refusal {
  const refuse = (refusal: Omit<Refusal, 'by' | 'fits'>): Refusal => ({ fits: false, by: runtime.name, ...refusal });
  const [unread] = unreadFields(need.fields, runtime);
  if (unread !== undefined) {
    return refuse({ code: 'NotSupported', message: `${unread} is not supported by ${runtime.name}.` });
  }
  const alone = { workspace: need.workspace, preset: need.preset, instance, nodes: need.nodes };
  if (instance.gpu.count === 0 && runtime.memory !== 'machine') {
    return refuse({
      code: 'RuntimeUnsupported',
      message: `${instance.name} has no GPU, and ${runtime.name} computes on one.`,
      remedy: 'Choose an instance type with a GPU.',
    });
  }
  const { bytes: size } = memoryOf(runtime, instance);
  const support = runtime.supports(alone);
  if (!support.supported) {
    return refuse({
      code: 'RuntimeUnsupported',
      message: sentence(support.reason),
      remedy: sentence(support.remedy),
    });
  }
  // KAITO estimates for engines that share their memory among requests; for its other one it takes resource.count as it is.
  const estimated = need.policy === 'kaito' && runtime.sizing(alone).shared === true;
  const asked = estimated ? kaitoNeed(alone, runtime) : alone;
  if ('code' in asked) return refuse(asked);
  for (const runtimeNeed of pipelines(asked, runtime)) {
    const demand = runtime.sizing(runtimeNeed);
    const memory = fitMemory(demand, size);
    if (memory.tokens >= minimumContext(demand, need.preset)) {
      return { fits: true, instance, runtime, need: runtimeNeed, supported: support, demand, memory };
    }
  }
  const demand = runtime.sizing(alone);
  const memory = fitMemory(demand, size);
  const message = shortage(need.preset, runtime, instance, demand, memory);
  const tried = {
    fits: true,
    instance,
    runtime,
    need: alone,
    supported: support,
    demand,
    memory,
    short: message,
  } as const;
  return refuse({ code: 'InsufficientMemory', message, tried });
}

/** The need as it is, and then dealt over ever more machines, as far as the runtime can. */
function pipelines(need: RuntimeNeed, runtime: Runtime): readonly RuntimeNeed[] {
  const most = Math.min(runtime.longestPipeline ?? 1, need.preset.model.layers);
  const longer = Array.from({ length: Math.max(0, most - 1) }, (_, index) => index + 2)
    .filter((length) => length > (need.pipeline ?? 1))
    .map((pipeline) => ({ ...need, pipeline, nodes: pipeline * Math.ceil(need.nodes / pipeline) }));
  return [need, ...longer];
}

/** The number of nodes that KAITO's estimator asks for; the user's count does not matter there. */
function kaitoNeed(need: RuntimeNeed, runtime: Runtime): RuntimeNeed | Omit<Refusal, 'by' | 'fits'> {
  const { preset, instance } = need;
  const estimate = kaitoNodes({
    gpuBytes: instance.gpu.memoryBytes,
    gpusPerNode: instance.gpu.count,
    weightBytes: weightBytes(preset.model),
    cacheBytesPerToken: cacheBytesPerToken(preset.model),
  });
  if (!estimate.sized) return { code: 'InsufficientMemory', message: estimate.message };
  const { nodes } = estimate;
  if (nodes === 1) return { ...need, nodes };
  if (nodes <= (runtime.longestPipeline ?? 1)) return { ...need, nodes, pipeline: nodes };
  return {
    code: 'RuntimeUnsupported',
    message: `KAITO's estimator asks for ${nodes} nodes of ${instance.name}, and ${runtime.name} does not deal a model over nodes.`,
  };
}

function unavailableMisfit({ offer, unavailable }: Need, instance: InstanceType): Misfit | undefined {
  const known = unavailable.find(
    (one) =>
      one.instanceType.toLowerCase() === instance.name.toLowerCase() &&
      (one.zone === undefined || one.zone === offer.zone) &&
      (one.capacityType === undefined || one.capacityType === offer.capacityType),
  );
  if (!known) return undefined;
  const message = sentence(known.reason);
  return { fits: false, code: 'OfferUnavailable', message, rejected: [{ candidate: instance.name, reason: message }] };
}

/** With a limit, a machine whose price nobody knows cannot be kept below it. */
function priceMisfit(need: Need, { instance, need: { nodes } }: Omit<Candidate, 'rejected'>): Misfit | undefined {
  const { priceLimit, region } = need;
  if (priceLimit === undefined) return undefined;
  const price = priceOf(instance, region);
  const total = price && times(price, nodes);
  if (total && total.usdPerHour <= priceLimit) return undefined;
  const many = nodes === 1 ? instance.name : `${nodes} x ${instance.name}`;
  const message = total
    ? `${many} costs ${formatPrice(total)}, above the limit of $${priceLimit}.`
    : `The price of ${many} is not known, so it cannot be kept below the limit of $${priceLimit}.`;
  return {
    fits: false,
    code: 'PriceLimitExceeded',
    message,
    ...(total ? { remedy: `Raise resource.priceLimit to ${total.usdPerHour}.` } : {}),
    rejected: [{ candidate: instance.name, reason: message }],
  };
}

/** Why one runtime will not do. */
interface Refusal extends Omit<Misfit, 'rejected'> {
  readonly by: string;
  /** It with too little memory: for those who want to try all the same. */
  readonly tried?: Omit<Candidate, 'rejected'>;
}

/** One reason out of several. Memory before support: an engine that needs a bigger GPU is nearer to an answer than one that never could. */
function summary(refusals: readonly Refusal[], instance: InstanceType): Omit<Misfit, 'rejected'> {
  const [first, ...others] = refusals;
  if (!first) return { fits: false, code: 'RuntimeUnsupported', message: 'No runtime is installed.' };
  const memory = refusals.find(({ code }) => code === 'InsufficientMemory');
  if (!memory && others.length > 0) {
    const each = refusals.map(({ by, message }) => `${by}: ${message}`).join(' ');
    return { fits: false, code: first.code, message: `No runtime will do on ${instance.name}. ${each}` };
  }
  const { by, tried, ...told } = memory ?? first;
  return told;
}

/** At least one token, whatever a runtime says; and never more than the model was made for. */
function minimumContext(demand: MemoryDemand, preset: ModelPreset): number {
  return Math.max(1, Math.min(demand.minimumContext, preset.model.contextLength));
}

function diskMisfit(preset: ModelPreset, instance: InstanceType): Misfit | undefined {
  const { diskBytes } = instance;
  if (diskBytes === undefined || preset.diskBytes <= diskBytes) return undefined;
  const message = `${preset.name} needs ${formatGib(preset.diskBytes)} of disk, and ${instance.name} has at most ${formatGib(diskBytes)}.`;
  return { fits: false, code: 'InsufficientDisk', message, rejected: [{ candidate: instance.name, reason: message }] };
}

function shortage(
  preset: ModelPreset,
  runtime: Runtime,
  instance: InstanceType,
  demand: MemoryDemand,
  memory: MemoryFit,
): string {
  const tokens = minimumContext(demand, preset);
  const needed = formatGib(memoryAt(demand, tokens));
  const { bytes: size, machine } = memoryOf(runtime, instance);
  if (machine) {
    const gives = `${formatGib(memory.usableBytes)} of its ${formatGib(size)}`;
    return `${preset.name} with ${runtime.name} needs ${needed} of the memory of the machine for a context of ${tokens} tokens, and ${instance.name} can give ${gives}.`;
  }
  const has = `${formatGib(memory.usableBytes)} of its ${formatGib(instance.gpu.memoryBytes)}`;
  return `${preset.name} with ${runtime.name} needs ${needed} on each GPU for a context of ${tokens} tokens, and a ${instance.gpu.model} of ${instance.name} can give ${has}.`;
}

/** Plugins write half sentences or whole ones; a user reads whole ones. */
function sentence(words: string): string {
  const trimmed = words.trim();
  return /[.!?]$/.test(trimmed) || trimmed === '' ? trimmed : `${trimmed}.`;
}
