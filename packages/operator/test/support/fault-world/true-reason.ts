import type { NodeAttempt } from '@kaito-sdk/core';
import type { Famine } from './bad-cloud.js';

/** What a Workspace says that is not up. */
export interface Waiting {
  /** Of the condition `NodeClaimReady`. */
  readonly reason: string | undefined;
  readonly message: string;
  readonly attempts: readonly NodeAttempt[];
  /** Those that have joined, which need not be called as their claims. */
  readonly nodes: readonly string[];
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

/**
 * Whether a Workspace that waits during a shortage says the truth. One whose last node was asked for since the shortage began has met it, and
 * names it. One that asked before has not: it repeats the end of its own last attempt and says when it tries again, a moment yet to come or
 * when a node is gone that is named, or that it does not by itself; and as long as that attempt is under way, the condition of its stage names its node.
 */
export function saysTheTruth(waiting: Waiting, famine: Famine, began: number, now: number): boolean {
  const { reason, message, attempts, conditions, nodes } = waiting;
  const last = attempts.at(-1);
  const ends = attempts.flatMap(({ message: said = '' }) => (said === '' ? [] : [said]));
  if (last?.ended !== undefined && Date.parse(last.asked) > began)
    return [message, ...ends].some((said) => famine.reason.test(said));
  const unmet = conditions.filter(({ status }) => status === 'False').map(({ message: said = '' }) => said);
  if (last === undefined) return unmet.some((said) => said !== '');
  if (last.ended === undefined)
    return (
      stagesOfPods.has(last.stage) || unmet.some((said) => [last.claim, ...nodes].some((one) => said.includes(one)))
    );
  const remembered = ends.some((said) => message.includes(said)) || reason === 'ClaimLimitReached';
  const goes =
    message.includes(`${last.claim} is releasing`) && message.includes('another is asked for when it is gone');
  return remembered && (goes || laterTry(message, now));
}

/** From here on the conditions speak of pods, by names that change. */
const stagesOfPods: ReadonlySet<NodeAttempt['stage']> = new Set(['visible', 'running', 'ready']);

function laterTry(message: string, now: number): boolean {
  const [, at] = /the next (?:try is|is asked for) at (\S+Z)/.exec(message) ?? [];
  return at === undefined ? message.includes('nothing more is asked for') : Date.parse(at) >= now;
}
