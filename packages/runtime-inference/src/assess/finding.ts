import type { Assessment } from '@kaito-sdk/core';

/** What one pod says about the workload; `undefined` stands for a pod that is well. */
export type Finding = Exclude<Assessment, { readonly state: 'ready' }>;

export function waiting(reason: string, message: string, remedy?: string): Finding {
  return { state: 'waiting', reason, message, ...(remedy === undefined ? {} : { remedy }) };
}

/** `remedy` is the next step of a person, as a sentence. */
export function failed(reason: string, message: string, remedy?: string): Finding {
  return { state: 'failed', reason, message, ...(remedy === undefined ? {} : { remedy }) };
}

/** Sentences one after the other. The end of a log is made one by a full stop. */
export function sentences(...parts: readonly string[]): string {
  return parts.map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`)).join(' ');
}

/**
 * Which reason is told when pods differ: the one nearest to a cause. The order is KAITO's (v0.12.0) for what it knows; whatever is
 * not in the list comes last.
 */
const ORDER: readonly string[] = [
  'ContainerOOMKilled',
  'ImagePullError',
  'DiskFull',
  'WeightsGated',
  'WeightsNotFound',
  'WeightsUnreachable',
  'GpuOutOfMemory',
  'GpuMissing',
  'GpuUnsupported',
  'EngineArgumentsRefused',
  'ContainerStartError',
  'EngineStartTimedOut',
  'ContainerStopped',
  'ContainerCrashLoopBackOff',
  'NodeDiskPressure',
  'NodeMemoryPressure',
  'PodEvicted',
  'PodFailed',
  'Unschedulable',
  'ContainerRestarting',
  'ContainerCreating',
  'EngineStarting',
  'EngineNotReady',
];

/** A failure before any wait; then by {@link ORDER}. */
export function foremost(findings: readonly Finding[]): Finding | undefined {
  const rank = ({ state, reason }: Finding) => {
    const place = ORDER.indexOf(reason);
    return (state === 'failed' ? 0 : ORDER.length + 1) + (place < 0 ? ORDER.length : place);
  };
  return [...findings].sort((a, b) => rank(a) - rank(b))[0];
}
