import type { ChaosCase } from './chaos-life.js';

/** A life that once ended otherwise than it should, and what was wrong then. */
export interface Regression extends ChaosCase {
  readonly name: string;
}

/** What the chaos has found, made small. `npm run chaos` prints a new one in this form. */
export const regressions: readonly Regression[] = [
  {
    name: 'a tuning gives its node back: killed right after the release, the next process does not say that somebody took it',
    ground: 'karpenter',
    life: 'tuning',
    faults: [{ at: 1, call: 'delete nodeclaims/', kind: 'kill', downMs: 180_000 }],
  },
  {
    name: 'a change gives the old node back: killed right after the release, the next process does not say that somebody took it',
    ground: 'karpenter',
    life: 'change',
    faults: [{ at: 1, call: 'delete nodeclaims/', kind: 'kill', downMs: 180_000 }],
  },
];
