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
  {
    name: 'a Workspace is made again on the node of the one that was torn away: giving back the old claim leaves the labels to the new one',
    ground: 'byo',
    life: 'torn away, made again',
    // It is made again before anybody hears that it was gone.
    faults: [{ at: 1, call: 'patch workspaces/', kind: 'lag', ms: 30_000, forMs: 300_000, resource: 'workspaces' }],
  },
  {
    name: 'a preferred node is taken, and the Workspace goes before any cache shows it: the node loses its marks before the finalizer goes',
    ground: 'karpenter',
    life: 'delete as it takes',
    faults: [
      { at: 1, call: 'patch nodes/', kind: 'lose-answer' },
      { at: 1, call: 'patch nodes/', kind: 'lag', ms: 30_000, forMs: 300_000, resource: 'nodes' },
    ],
  },
  {
    name: 'a machine vanishes while nobody minds it: the status says the same of its node as when somebody had seen it go quiet first',
    ground: 'machine',
    life: 'loses its machine',
    faults: [{ at: 3, call: 'list machines/', kind: 'kill', downMs: 180_000 }],
  },
  {
    name: 'a node could not be looked at for a minute: why it was given up later does not quote what was in doubt then',
    ground: 'pools',
    life: 'never ready',
    faults: [{ at: 3, call: 'list nodes/', kind: 'answer', status: 500, times: 1 }],
  },
  {
    name: 'the first list of revisions is lost: nothing is done before there is one, and a change is the second revision',
    ground: 'byo',
    life: 'change',
    faults: [
      { at: 8, call: 'create events/', kind: 'kill', downMs: 0 },
      { at: 2, call: 'list controllerrevisions/', kind: 'lose-answer' },
    ],
  },
  {
    name: 'a Workspace is torn away and made again during a pass: the new one does not tell of a node that it never had',
    ground: 'karpenter',
    life: 'torn away, made again',
    faults: [
      { at: 1, kind: 'kill', downMs: 0, call: 'create services/' },
      { at: 3, kind: 'answer', status: 429, times: 1, call: 'create deployments/' },
    ],
  },
];
