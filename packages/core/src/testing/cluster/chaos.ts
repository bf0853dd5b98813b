import type { Clock } from '../../clock.js';
import { delay } from '../../kube/delay.js';
import type { KubeRequest, KubeResponse, Transport } from '../../kube/transport.js';
import { refusal } from './fault-injector.js';
import { requestFacts } from './request-facts.js';

export interface ChaosOptions {
  readonly clock: Clock;
  /** Give a seeded one, and print the seed: the same seed does the same again. */
  readonly random: () => number;
  /** Share of the one-shot requests that are spoilt. @default 0.3 */
  readonly requests?: number;
  /** Mean number of pieces that a watch delivers before it is spoilt. @default 4 */
  readonly piecesPerWatch?: number;
  /** The longest that anything is held up. @default 2000 */
  readonly longestDelayMs?: number;
  /** Whether watches may fall silent without an end. It takes their readers minutes to notice, in real time. @default true */
  readonly stalls?: boolean;
}

/** What a {@link Chaos} has done. */
export interface ChaosCounts {
  /** Watches and requests whose connection broke: refused, reset, stalled, cut in the middle of a line, or answered with rubbish. */
  disconnects: number;
  /** 410, 429 and 500. */
  refusals: number;
  delays: number;
}

/**
 * A bad network and a bad server in one, between an operator and its API server. It resets, stalls, truncates, garbles and delays watches;
 * refuses, resets, delays and loses the answers of requests; and answers 410, 429 and 500 where the real thing might.
 */
export class Chaos {
  readonly counts: ChaosCounts = { disconnects: 0, refusals: 0, delays: 0 };
  private peaceful = false;

  constructor(private readonly options: ChaosOptions) {}

  /** From now on everything passes. Watches that are stalled stay so until their reader gives them up. */
  end(): void {
    this.peaceful = true;
  }

  over(transport: Transport): Transport {
    return {
      request: async (request) => {
        if (this.peaceful) return transport.request(request);
        const watching = requestFacts(request).verb === 'watch';
        const spoilt = this.options.random() < (this.options.requests ?? 0.3);
        if (spoilt) return this.spoil(transport, request, watching);
        const response = await transport.request(request);
        return watching && response.status === 200
          ? { ...response, body: this.garble(response.body, request) }
          : response;
      },
    };
  }

  private async spoil(transport: Transport, request: KubeRequest, watching: boolean): Promise<KubeResponse> {
    const { counts } = this;
    const { random, clock } = this.options;
    const dice = random();
    if (dice < 0.25) {
      counts.disconnects++;
      throw new Error('connect ECONNREFUSED (chaos)');
    }
    if (dice < 0.5) {
      counts.disconnects++;
      const { body } = await transport.request(watching ? { ...request, signal: AbortSignal.abort() } : request);
      for await (const _ of body) if (watching) break;
      throw new Error('read ECONNRESET (chaos)');
    }
    if (dice < 0.65) {
      counts.delays++;
      await delay(clock, random() * (this.options.longestDelayMs ?? 2000), request.signal);
      return transport.request(request);
    }
    counts.refusals++;
    if (dice < 0.8) return refusal({ status: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 }, request);
    if (watching && dice < 0.9) return refusal({ status: 410, reason: 'Expired' }, request);
    return refusal({ status: 500, reason: 'InternalError' }, request);
  }

  private async *garble(body: AsyncIterable<string>, request: KubeRequest): AsyncIterable<string> {
    const { random, clock, piecesPerWatch = 4, longestDelayMs = 2000 } = this.options;
    for await (const piece of body) {
      if (this.peaceful || random() >= 1 / piecesPerWatch) {
        yield piece;
        continue;
      }
      const dice = random();
      if (dice < 0.2) {
        this.counts.delays++;
        await delay(clock, random() * longestDelayMs, request.signal);
        yield piece;
        continue;
      }
      this.counts.disconnects++;
      if (dice < 0.4) throw new Error('read ECONNRESET (chaos)');
      if (dice < 0.6) {
        yield piece.slice(0, Math.floor(piece.length * random()));
        return;
      }
      if (dice < 0.7) {
        yield '<html>502 Bad Gateway</html>\n';
        return;
      }
      if (dice < 0.8) {
        const gone = {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          code: 410,
          reason: 'Expired',
          message: 'chaos',
        };
        yield `${JSON.stringify({ type: 'ERROR', object: gone })}\n`;
        return;
      }
      if (dice < 0.9 || this.options.stalls === false) return;
      // Half-open: not another byte, and no end either.
      await new Promise<never>((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason), { once: true });
      });
    }
  }
}
