import { conditionOf, isTrue, withCondition } from '../controllers/conditions.js';
import type { Condition } from '../kinds.js';
import type { NodeClaim } from './node-claim.js';

/** The three stages of a claim, in order. `Ready` is their sum (Karpenter core 1.14). */
export type Stage = 'Launched' | 'Registered' | 'Initialized';

/** What is to be said about a stage: nothing when it is reached, else why not. A failed launch stays Unknown, never False. */
export type StageWord = 'True' | { readonly reason: string; readonly message: string };

/** The conditions of a claim with these stages, `Ready` worked out. */
export function claimConditions(
  claim: NodeClaim,
  stages: Readonly<Record<Stage, StageWord>>,
  now: number,
  prefix = '',
): readonly Condition[] {
  const generation = claim.metadata.generation;
  const stamp = (condition: Condition): Condition =>
    generation === undefined ? condition : { ...condition, observedGeneration: generation };
  let conditions = claim.status?.conditions ?? [];
  for (const [stage, word] of Object.entries(stages)) {
    const type = prefix + stage;
    const said =
      word === 'True' ? { type, status: 'True', reason: type, message: '' } : { type, status: 'Unknown', ...word };
    conditions = withCondition(conditions, stamp(said), now);
  }
  const missing = ['Initialized', 'Launched', 'Registered']
    .map((stage) => prefix + stage)
    .filter((type) => !isTrue(conditions, type));
  const ready =
    missing.length === 0
      ? { type: 'Ready', status: 'True', reason: 'Ready', message: '' }
      : {
          type: 'Ready',
          status: 'Unknown',
          reason: 'ReconcilingDependents',
          message: missing.map((type) => `${type}=${conditionOf(conditions, type)?.status ?? 'Unknown'}`).join(', '),
        };
  return withCondition(conditions, stamp(ready), now);
}

/** What a stage says before anybody has looked at it. */
export const awaiting: StageWord = { reason: 'AwaitingReconciliation', message: 'object is awaiting reconciliation' };
