import type { ClaimOwner, ClaimPhase, ClaimState, Condition, KubeObject } from '@kaito-sdk/core';
import { failureOf } from './failures.js';
import { INHERITED, OWNER_UID, ownerFromLabels } from './ownership.js';

/** Reasons with which the condition `Launched` merely says that nothing has happened yet. */
const NOT_A_FAILURE: ReadonlySet<string> = new Set(['', 'AwaitingReconciliation']);

/** So long nobody need worry that no controller has looked at an object yet. A choice of ours: long for a controller that runs, short for a person. */
export const NOT_TAKEN_UP_MS = 10_000;

/** What a NodeClaim says of itself, in the words of the provisioner contract; undefined for a claim that is nobody's. */
export function claimState(claim: KubeObject): ClaimState | undefined {
  const owner = ownerOf(claim);
  if (!owner) return undefined;
  const { conditions = [], nodeName } = (claim.status ?? {}) as NodeClaimStatus;
  const phase = phaseOf(claim, conditions);
  const pending = pendingCondition(conditions, phase === 'releasing' ? WAY_BACK : WAY_IN);
  const base = {
    name: claim.metadata.name,
    owner,
    phase,
    ...present('instanceType', instanceTypeOf(claim.spec as object | undefined)),
    ...present('nodeName', nodeName),
    ...present('createdAt', claim.metadata.creationTimestamp),
    ...(claim.metadata.annotations?.[INHERITED] === 'true' ? { inherited: true } : {}),
  };
  if (phase === 'requested' && conditions.length === 0 && !claim.metadata.finalizers?.length) {
    const { kind = '', group = '' } = ((claim.spec ?? {}) as NodeClaimSpec).nodeClassRef ?? {};
    return {
      ...base,
      reason: 'NotTakenUp',
      usualForMs: NOT_TAKEN_UP_MS,
      message: `no controller has taken it up: does one run that serves ${kind} (${group})?`,
    };
  }
  if (phase === 'ready' || pending === undefined) return base;
  const message = `${pending.type}: ${pending.message || pending.reason}`;
  if (phase !== 'failed') return { ...base, reason: pending.reason, message };
  return { ...base, message, ...failureOf(`${pending.reason} ${pending.message}`) };
}

/** `Ready` stays True while a claim terminates (measured on Karpenter core 1.14), so deletion is looked at first. */
function phaseOf(claim: KubeObject, conditions: readonly Condition[]): ClaimPhase {
  const is = (type: string) => conditions.some((condition) => condition.type === type && condition.status === 'True');
  if (claim.metadata.deletionTimestamp !== undefined) return 'releasing';
  if (is('Ready')) return 'ready';
  if (is('Registered')) return 'joined';
  if (is('Launched')) return 'launched';
  const launched = conditions.find((condition) => condition.type === 'Launched');
  return launched && !NOT_A_FAILURE.has(launched.reason) ? 'failed' : 'requested';
}

const WAY_IN = ['Launched', 'Registered', 'Initialized'];
/** Karpenter core 1.14; older ones do not write all of them. A pod that may not be evicted holds up the first. */
const WAY_BACK = ['Drained', 'VolumesDetached', 'InstanceTerminating'];

/** The first step that is not done: the one a person wants to read about. */
function pendingCondition(conditions: readonly Condition[], steps: readonly string[]): Condition | undefined {
  return steps
    .flatMap((type) => conditions.find((condition) => condition.type === type) ?? [])
    .find((condition) => condition.status !== 'True');
}

function ownerOf(claim: KubeObject): ClaimOwner | undefined {
  const owner = ownerFromLabels(claim.metadata.labels ?? {});
  return owner && { ...owner, uid: claim.metadata.annotations?.[OWNER_UID] ?? '' };
}

/** The instance type that the spec of a claim asks for, or that of the template of a pool. */
export function instanceTypeOf(spec: object | undefined): string | undefined {
  const { template, requirements = template?.spec?.requirements ?? [] } = (spec ?? {}) as NodeClaimSpec & {
    readonly template?: { readonly spec?: NodeClaimSpec };
  };
  return requirements.find(({ key }) => key === 'node.kubernetes.io/instance-type')?.values?.[0];
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

interface NodeClaimStatus {
  readonly conditions?: readonly Condition[];
  readonly nodeName?: string;
}

interface NodeClaimSpec {
  readonly nodeClassRef?: { readonly kind?: string; readonly group?: string };
  readonly requirements?: readonly { readonly key: string; readonly values?: readonly string[] }[];
}
