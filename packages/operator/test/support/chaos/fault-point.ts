import type { Clock, Transport } from '@kaito-sdk/core';
import { isWrite, refusal, requestFacts } from '@kaito-sdk/core/testing';
import { CutWatches } from '../cut-watches.js';
import type { CallFault } from './call-fault.js';

type FaultOf<Kind extends CallFault['kind']> = Extract<CallFault, { readonly kind: Kind }>;

/** What the fault point acts on beside the call itself. */
export interface FaultPointParts {
  readonly clock: Clock;
  /** The process is gone from now on. */
  readonly kill: () => void;
  /** The server forgets the past: a watch from before has to begin anew. */
  readonly forgetPast: () => void;
}

/** Where every call of an operator passes, to the cluster and to the cloud, and meets its faults. It outlives the processes. */
export class FaultPoint {
  /** Calls so far. */
  calls = 0;
  /** What was called, for messages: `create nodeclaims/ws123`. */
  readonly story: string[] = [];
  /** How long the process stays down that died last. */
  downMs = 0;
  /** Virtual milliseconds in which no process ran, as planned. */
  downInAll = 0;
  readonly struck = new Set<CallFault>();
  private answers: { readonly status: FaultOf<'answer'>['status']; left: number } | undefined;
  private readonly lags: { readonly fault: FaultOf<'lag'>; readonly until: number }[] = [];
  private twiceUntil = 0;
  private readonly watches: CutWatches;

  constructor(
    private readonly faults: readonly CallFault[],
    private readonly parts: FaultPointParts,
  ) {
    this.watches = new CutWatches(parts.clock);
  }

  over(transport: Transport): Transport {
    return {
      request: async (request) => {
        const facts = requestFacts(request);
        if (facts.verb === 'watch') {
          return this.watches.over(await transport.request(request), request.signal, {
            lagMs: () => this.lagOf(facts.resource),
            twice: () => this.parts.clock.now() < this.twiceUntil,
          });
        }
        // Locks do not conflict over a read, and so no server says that of one.
        const text = `${facts.verb} ${facts.resource}/${facts.name ?? '*'}${facts.dryRun ? ' (dry run)' : ''}`;
        return this.pass(text, () => transport.request(request), {
          answer: (status) => {
            const told = status === 409 && !isWrite(facts) ? 500 : status;
            return refusal({ status: told, reason: reasons[told] ?? 'InternalError', retryAfterSeconds: 1 }, request);
          },
        });
      },
    };
  }

  /** One call to wherever it goes. Without a way to `answer` it, a call that would be answered with a failure does not arrive. */
  async pass<T>(
    text: string,
    send: () => Promise<T>,
    { answer }: { readonly answer?: (status: number) => T } = {},
  ): Promise<T> {
    const at = ++this.calls;
    this.story.push(text);
    const now = this.parts.clock.now();
    let lost = false;
    let refused = false;
    let killed: FaultOf<'kill'> | undefined;
    for (const fault of this.faults) {
      if (!this.isTime(fault, at, text)) continue;
      this.struck.add(fault);
      if (fault.kind === 'kill') killed = fault;
      else if (fault.kind === 'lose-answer') lost = true;
      else if (fault.kind === 'refuse') refused = true;
      else if (fault.kind === 'answer') this.answers = { status: fault.status, left: fault.times };
      else if (fault.kind === 'lag') this.lags.push({ fault, until: now + fault.forMs });
      else if (fault.kind === 'twice') this.twiceUntil = now + fault.forMs;
      else this.cut(fault.expired);
    }
    if (refused) throw new Error('connect ECONNREFUSED (injected)');
    const { answers } = this;
    if (answers !== undefined && answers.left > 0 && killed === undefined) {
      answers.left--;
      if (answer === undefined) throw new Error('connect ECONNREFUSED (injected)');
      return answer(answers.status);
    }
    const answered = await send();
    if (killed !== undefined) {
      this.downMs = killed.downMs;
      this.downInAll += killed.downMs;
      this.parts.kill();
    }
    if (lost) throw new Error('socket hang up (injected)');
    return answered;
  }

  private isTime(fault: CallFault, at: number, text: string): boolean {
    if (fault.call === undefined) return fault.at === at;
    if (!text.startsWith(fault.call)) return false;
    return fault.at === this.story.filter((one) => one.startsWith(fault.call ?? '')).length;
  }

  private cut(expired: boolean): void {
    if (expired) this.parts.forgetPast();
    this.watches.cut();
  }

  private lagOf(resource: string): number {
    const now = this.parts.clock.now();
    const held = this.lags.filter(
      ({ fault, until }) => until > now && (fault.resource === undefined || fault.resource === resource),
    );
    return Math.max(0, ...held.map(({ fault }) => fault.ms));
  }
}

const reasons: Readonly<Record<number, string>> = {
  409: 'Conflict',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};
