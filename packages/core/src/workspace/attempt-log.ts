import { plainText } from '../plain-text.js';
import type { LeasePolicy } from './lease-policy.js';
import {
  type AttemptFailure,
  furthest,
  isOpen,
  type NodeAttempt,
  reached,
  rfc3339,
  type Stage,
} from './node-attempt.js';

const HOUR = 3_600_000;
/** Of the words about each attempt; two dozen attempts are in one status. */
const LONGEST_KEPT = 1024;
/** Most ended attempts that are kept. */
const LONGEST = 24;

/** The attempts of one Workspace at one moment: what is on the lease, what was tried, what it cost. */
export class AttemptLog {
  private entries: readonly NodeAttempt[];

  constructor(
    entries: readonly NodeAttempt[],
    /** Milliseconds since the epoch. */
    readonly now: number,
  ) {
    this.entries = entries;
  }

  get all(): readonly NodeAttempt[] {
    return this.entries;
  }

  get open(): readonly NodeAttempt[] {
    return this.entries.filter(isOpen);
  }

  get failed(): readonly (NodeAttempt & { readonly failure: AttemptFailure; readonly ended: string })[] {
    return this.entries.flatMap((entry) =>
      entry.failure === undefined || entry.ended === undefined
        ? []
        : [{ ...entry, failure: entry.failure, ended: entry.ended }],
    );
  }

  /** The lease of a claim, when it is on one. */
  of(claim: string): NodeAttempt | undefined {
    return this.entries.find((entry) => entry.claim === claim && isOpen(entry));
  }

  begin(
    attempt: Omit<NodeAttempt, 'stage' | 'since' | 'asked'> & { readonly asked?: string; readonly stage?: Stage },
  ): void {
    const at = rfc3339(this.now);
    this.entries = [...this.entries, { stage: 'asked', since: at, asked: at, ...attempt }];
  }

  /** Notes that a node which was there already was taken for a claim, whether or not it was to be asked for before. */
  own(attempt: Omit<NodeAttempt, 'stage' | 'since' | 'asked'>, node: string): void {
    if (this.of(attempt.claim) === undefined) this.begin({ ...attempt, stage: 'requested' });
    this.change(attempt.claim, ({ usdPerHour: _, ...entry }) => ({ ...entry, node }));
  }

  /** Notes the stage; a change of it begins a new deadline. One that is set back is remembered as what it was. */
  move(claim: string, stage: Stage): void {
    this.change(claim, (entry) => {
      if (entry.stage === stage) return entry;
      const at = rfc3339(this.now);
      const pays = entry.paid === undefined && entry.node === undefined && stage !== 'asked' && stage !== 'requested';
      const best = furthest(entry);
      const { furthest: _, ...rest } = entry;
      const before = reached(stage, best) ? {} : { furthest: best };
      return { ...rest, ...before, stage, since: at, ...(pays ? { paid: at } : {}) };
    });
  }

  /** Notes what the provisioner says of a claim that fails and is left to its deadline, for the case that this is the last word on it. */
  hear(
    claim: string,
    what: { readonly failure: AttemptFailure; readonly reason: string; readonly message: string } | undefined,
  ): void {
    const said = told(what);
    this.change(claim, (entry) => {
      if (entry.message === said?.message && entry.failure === said?.failure) return entry;
      const { failure: _failure, reason: _reason, message: _message, ...rest } = entry;
      return { ...rest, ...said };
    });
  }

  /**
   * Takes a claim off the lease; with a failure, its offer is remembered. Of one that vanished counts how far it had come, and not whether
   * anybody looked while it was on its way out.
   */
  end(
    claim: string,
    why?: { readonly failure: AttemptFailure; readonly reason: string; readonly message: string },
  ): void {
    this.change(claim, ({ furthest: best, ...entry }) => {
      const stage = why?.failure === 'vanished' && best !== undefined ? best : entry.stage;
      return { ...entry, stage, ended: rfc3339(this.now), ...told(why) };
    });
  }

  /** Claims for which a node was to be bought within so many milliseconds, oldest first. */
  askedWithin(ms: number): readonly number[] {
    return this.entries
      .filter(({ node }) => node === undefined)
      .map(({ asked }) => Date.parse(asked))
      .filter((at) => at > this.now - ms)
      .sort((a, b) => a - b);
  }

  /** US dollars that the last hour has cost, by list price. */
  spentWithinHour(): number {
    return this.cost(this.now - HOUR);
  }

  /** US dollars that the attempts on record have cost up to now. */
  spent(): number {
    return this.cost(Number.NEGATIVE_INFINITY);
  }

  /** Lets go of what decides nothing any more. While a node is on the lease nothing is forgotten: it is why this offer was taken. */
  prune({ memoryMs }: LeasePolicy): void {
    const ended = this.entries.filter((entry) => !isOpen(entry)).slice(-LONGEST);
    const kept =
      this.open.length > 0
        ? ended
        : ended.filter(
            ({ ended: at = '', failure }) =>
              failure === 'no-plugin' || Date.parse(at) > this.now - Math.max(memoryMs, 24 * HOUR),
          );
    if (kept.length + this.open.length < this.entries.length) this.entries = [...kept, ...this.open];
  }

  private cost(from: number): number {
    return this.entries.reduce((sum, { paid, ended, usdPerHour }) => {
      if (paid === undefined || usdPerHour === undefined) return sum;
      const until = ended === undefined ? this.now : Date.parse(ended);
      const hours = Math.max(0, until - Math.max(from, Date.parse(paid))) / HOUR;
      return sum + hours * Number(usdPerHour);
    }, 0);
  }

  private change(claim: string, how: (entry: NodeAttempt) => NodeAttempt): void {
    this.entries = this.entries.map((entry) => (entry.claim === claim && isOpen(entry) ? how(entry) : entry));
  }
}

/** The words are the cloud's. */
function told<T extends { readonly message: string }>(what: T | undefined): T | undefined {
  return what && { ...what, message: plainText(what.message, LONGEST_KEPT) };
}
