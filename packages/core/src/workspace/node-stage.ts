import type { KubeObject } from '../kube/objects.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { type NodeAttempt, reached, type Stage } from './node-attempt.js';

interface NodeStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  readonly allocatable?: Readonly<Record<string, string | number>>;
}

/** What a node must show. */
export interface ExpectedDevices {
  readonly resource: string;
  readonly count: number;
}

/** Reason of a node that is Ready and whose devices do not show. */
export const NO_DEVICES = 'NodePluginsNotReady';

/** What a node lacks to be usable: not there, not ready, or without its devices. Undefined when nothing. */
export function lacking(
  node: KubeObject | undefined,
  { resource, count }: ExpectedDevices,
): { readonly reason: string; readonly message: string } | undefined {
  if (!node) return { reason: 'NodeNotReady', message: 'the node object is not there' };
  const { conditions = [], allocatable = {} } = (node.status ?? {}) as NodeStatus;
  const ready = conditions.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') {
    return { reason: 'NodeNotReady', message: `not ready: ${ready?.message ?? 'no Ready condition yet'}` };
  }
  const shown = Number(allocatable[resource] ?? 0);
  if (shown >= count) return undefined;
  const message = `shows ${shown} of ${count} ${resource}; driver and device plugin are still starting, or the device plugin is missing`;
  return { reason: NO_DEVICES, message };
}

/**
 * The stage that a claim's node is in now. `ready` is the word of the whole Workspace and only kept here, while the node is usable;
 * what it rests on is looked at by the phases that follow.
 */
export function stageOf(
  claim: ClaimState,
  attempt: NodeAttempt,
  node: KubeObject | undefined,
  devices: ExpectedDevices | undefined,
  pods: readonly KubeObject[],
): Stage {
  if (claim.phase === 'launched') return 'launched';
  if (claim.phase !== 'joined' && claim.phase !== 'ready') return 'requested';
  if (devices && lacking(node, devices)) return 'joined';
  if (attempt.stage === 'ready') return 'ready';
  const running = pods.some(({ spec, status }) => {
    const { nodeName } = (spec ?? {}) as { readonly nodeName?: string };
    const { phase } = (status ?? {}) as { readonly phase?: string };
    return nodeName === claim.nodeName && (phase === 'Running' || phase === 'Succeeded');
  });
  // A pod that is started again is no reason to begin its first deadline anew.
  if (running || reached(attempt.stage, 'running')) return 'running';
  return 'visible';
}
