import type { AgentPool } from '@azure/arm-containerservice';
import type { ClaimPhase, ClaimState, KubeObject } from '@kaito-sdk/core';
import { createdAt } from './agent-pool-body.js';
import { classified } from './arm-failures.js';
import { poolOwner } from './pool-ownership.js';

/** Milliseconds after which a pool that Azure is working on is worth another look. */
export const POLL_MS = 15_000;

/** What a pool and its node say, in the words of the provisioner contract; undefined for a pool that is not ours. */
export function poolClaim(pool: AgentPool, node: KubeObject | undefined): ClaimState | undefined {
  const owner = poolOwner(pool);
  if (owner === undefined || pool.name === undefined) return undefined;
  const phase = phaseOf(pool, node);
  const created = createdAt(pool.nodeLabels ?? {});
  const base = {
    name: pool.name,
    owner,
    phase,
    ...(pool.vmSize === undefined ? {} : { instanceType: pool.vmSize }),
    ...(node === undefined ? {} : { nodeName: node.metadata.name }),
    ...(created === undefined ? {} : { createdAt: created }),
    ...(atRest(pool) ? {} : { lookAgainMs: POLL_MS }),
  };
  if (phase === 'failed') return { ...base, ...failureOf(pool) };
  if (phase === 'ready') return base;
  const state = pool.provisioningState ?? 'Unknown';
  return { ...base, reason: `Pool${state}`, message: messages[phase](pool.name, state) };
}

/** Whether Azure has finished with a pool: nothing about it changes without somebody asking for it. */
export function atRest({ provisioningState }: AgentPool): boolean {
  return provisioningState === 'Succeeded' || provisioningState === 'Failed' || provisioningState === 'Canceled';
}

function phaseOf({ provisioningState }: AgentPool, node: KubeObject | undefined): ClaimPhase {
  if (provisioningState === 'Deleting') return 'releasing';
  // A pool whose creation failed may have a node all the same; Azure does not repair it, and its end is ours to decide.
  if (provisioningState === 'Failed' || provisioningState === 'Canceled') return 'failed';
  if (node !== undefined) return isReady(node) ? 'ready' : 'joined';
  return provisioningState === 'Succeeded' ? 'launched' : 'requested';
}

const messages: Readonly<Record<Exclude<ClaimPhase, 'ready' | 'failed'>, (pool: string, state: string) => string>> = {
  requested: (pool, state) => `agent pool ${pool} is in state ${state}`,
  launched: (pool) => `agent pool ${pool} exists; its node has not joined the cluster`,
  joined: (pool) => `the node of agent pool ${pool} has joined and is not Ready`,
  releasing: (pool) => `agent pool ${pool} is being deleted`,
};

function failureOf(pool: AgentPool): Pick<ClaimState, 'failure' | 'reason' | 'message'> {
  const error = pool.status?.provisioningError;
  if (pool.provisioningState === 'Canceled' && error === undefined) {
    const message = `the creation of agent pool ${pool.name} was canceled; it is deleted and asked for again`;
    return { failure: 'transient', reason: 'PoolCanceled', message };
  }
  const said = `${error?.code ?? ''}: ${error?.message ?? 'Azure gave no cause; look at the activity log of the cluster'}`;
  const { failure, reason } = classified({ message: error?.message ?? '', code: error?.code ?? 'Unknown' });
  return { failure, reason, message: said.replace(/^: /, '').slice(0, 800) };
}

function isReady({ status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
