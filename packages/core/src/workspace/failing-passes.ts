import type { Metrics } from '../engine/metrics.js';
import { keyText, type ObjectKey } from '../engine/object-key.js';
import { rfc3339 } from './node-attempt.js';
import type { PassFailure } from './pass-failure.js';

/** For so long a failure may heal by itself before anybody is told: a conflict, throttling, an API server that is started again. */
const GRACE_MS = 10_000;
/** And so often in a row it must have failed: one try may take longer than the grace. */
const GRACE_TRIES = 3;

/** What is to be told of a Workspace whose passes fail. */
export interface LastingFailure extends PassFailure {
  /** RFC 3339: since when every pass has failed. */
  readonly since: string;
  /** Whether it has not been told yet. */
  readonly news: boolean;
}

interface Trouble {
  readonly since: number;
  tries: number;
  /** What the last failure was like. */
  last: string;
  told: PassFailure | undefined;
}

/**
 * The Workspaces whose passes fail, and what is told of each. A restart loses since when, and no more: what was told stands in the status until
 * a pass succeeds.
 */
export class FailingPasses {
  private readonly troubles = new Map<string, Trouble>();

  constructor(metrics?: Metrics) {
    const gauge = metrics?.gauge({
      name: 'kaito_workspaces_failing',
      help: 'Workspaces of which every pass has failed for ten seconds and longer.',
    });
    metrics?.collect(() => gauge?.set(this.lasting));
  }

  /** How many fail for so long that it is told. */
  get lasting(): number {
    return [...this.troubles.values()].filter(({ told }) => told !== undefined).length;
  }

  /**
   * Notes a failure; answers what is to be told now, undefined where it may still heal by itself. Of failures that take turns, or that say
   * something else each time, the one that was told stays: another takes its place when it was met twice in a row.
   *
   * @param standing what the status says already
   */
  failed(key: ObjectKey, failure: PassFailure, now: number, standing?: PassFailure): LastingFailure | undefined {
    const text = keyText(key);
    const like = likeness(failure);
    const trouble = this.troubles.get(text) ?? { since: now, tries: 0, last: '', told: undefined };
    this.troubles.set(text, trouble);
    const again = trouble.last === like;
    trouble.tries++;
    trouble.last = like;
    if (now - trouble.since < GRACE_MS || trouble.tries < GRACE_TRIES) return undefined;
    let news = false;
    if (trouble.told === undefined || (again && likeness(trouble.told) !== like)) {
      news = standing === undefined || likeness(standing) !== like;
      trouble.told = news || standing === undefined ? failure : standing;
    }
    const { reason, message } = trouble.told;
    return { reason, message, since: rfc3339(trouble.since), news };
  }

  /** A pass has come to its end, or the Workspace is gone. */
  forget(key: ObjectKey): void {
    this.troubles.delete(keyText(key));
  }
}

/** A failure without what is another each time: moments, counts, the identities of requests. */
function likeness({ reason, message }: PassFailure): string {
  return `${reason} ${message.replace(/[0-9a-f]{8,}|\d+/gi, '#')}`;
}
