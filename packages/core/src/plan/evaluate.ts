import type { Workspace } from '../api/workspace.js';
import type { InstanceType } from '../plugin/instance-catalog.js';
import type { ModelPreset } from '../plugin/preset-pack.js';
import type { MemoryDemand, Runtime, RuntimeNeed, Supported } from '../plugin/runtime.js';
import { formatGib } from './bytes.js';
import { fitMemory, type MemoryFit, memoryAt } from './memory-fit.js';
import type { InfeasibleCode, Rejected } from './plan.js';
import { unreadFields } from './unsupported.js';

/** What is to be placed, the same for every instance type that is tried. */
export interface Need {
  readonly workspace: Workspace;
  readonly preset: ModelPreset;
  readonly nodes: number;
  readonly fields: readonly string[];
  /** In the order of preference. */
  readonly runtimes: readonly Runtime[];
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
  const disk = diskMisfit(need.preset, instance);
  if (disk) return disk;
  const runtimeNeed = { workspace: need.workspace, preset: need.preset, instance, nodes: need.nodes };
  const refusals: Refusal[] = [];
  const rejected: Rejected[] = [];
  const reject = (runtime: Runtime, refusal: Omit<Refusal, 'by' | 'fits'>): void => {
    refusals.push({ fits: false, by: runtime.name, ...refusal });
    rejected.push({ candidate: `${instance.name} with ${runtime.name}`, reason: refusal.message });
  };
  for (const runtime of need.runtimes) {
    const [unread] = unreadFields(need.fields, runtime);
    if (unread !== undefined) {
      reject(runtime, { code: 'NotSupported', message: `${unread} is not supported by ${runtime.name}.` });
      continue;
    }
    const support = runtime.supports(runtimeNeed);
    if (!support.supported) {
      reject(runtime, {
        code: 'RuntimeUnsupported',
        message: sentence(support.reason),
        remedy: sentence(support.remedy),
      });
      continue;
    }
    const demand = runtime.sizing(runtimeNeed);
    const memory = fitMemory(demand, instance.gpu.memoryBytes);
    if (memory.tokens < minimumContext(demand, need.preset)) {
      reject(runtime, {
        code: 'InsufficientMemory',
        message: shortage(need.preset, runtime, instance, demand, memory),
      });
      continue;
    }
    return { fits: true, instance, runtime, need: runtimeNeed, supported: support, demand, memory, rejected };
  }
  return { ...summary(refusals, instance), rejected };
}

/** Why one runtime will not do. */
interface Refusal extends Omit<Misfit, 'rejected'> {
  readonly by: string;
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
  const { by, ...told } = memory ?? first;
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
  const has = `${formatGib(memory.usableBytes)} of its ${formatGib(instance.gpu.memoryBytes)}`;
  return `${preset.name} with ${runtime.name} needs ${needed} on each GPU for a context of ${tokens} tokens, and a ${instance.gpu.model} of ${instance.name} can give ${has}.`;
}

/** Plugins write half sentences or whole ones; a user reads whole ones. */
function sentence(words: string): string {
  const trimmed = words.trim();
  return /[.!?]$/.test(trimmed) || trimmed === '' ? trimmed : `${trimmed}.`;
}
