import type { Clock, KubeRequest, Transport } from '@kaito-sdk/core';
import { isWrite, requestFacts } from '@kaito-sdk/core/testing';

/**
 * A process that can be stopped and let go on, as SIGSTOP and SIGCONT do: while it is paused no timer of it fires, no answer reaches it, and
 * nothing leaves it. When it goes on, everything that has come due comes at once.
 */
export class PausedProcess {
  private resumed: Promise<void> | undefined;
  private resume: () => void = () => undefined;

  constructor(private readonly real: Clock) {}

  get paused(): boolean {
    return this.resumed !== undefined;
  }

  pause(): void {
    this.resumed ??= new Promise((resolve) => {
      this.resume = resolve;
    });
  }

  goOn(): void {
    this.resumed = undefined;
    this.resume();
  }

  /** The clock that it sees: it tells the time, also after the pause, but its timers wait for the process. */
  readonly clock: Clock = {
    now: () => this.real.now(),
    after: (ms, task) => {
      let cancelled = false;
      const cancel = this.real.after(ms, () => {
        void this.awake().then(() => {
          if (!cancelled) task();
        });
      });
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };

  /** The way out of it. A request that was under way when it was paused leaves when it goes on, if it still may. */
  over(transport: Transport): Transport {
    return {
      request: async (request: KubeRequest) => {
        await this.awake();
        request.beforeLeaving?.();
        const response = await transport.request(request);
        await this.awake();
        return { ...response, body: this.heard(response.body) };
      },
    };
  }

  private async *heard(body: AsyncIterable<string>): AsyncIterable<string> {
    for await (const piece of body) {
      await this.awake();
      yield piece;
    }
  }

  /** Resolves as soon as it is not paused. */
  async awake(): Promise<void> {
    while (this.resumed !== undefined) await this.resumed;
  }
}

/** Writes down who wrote while somebody else held the Lease. */
export function watchedWrites(
  transport: Transport,
  identity: string,
  holder: () => Promise<string | undefined>,
  broken: string[],
): Transport {
  return {
    async request(request) {
      const facts = requestFacts(request);
      if (isWrite(facts) && facts.resource !== 'leases' && facts.resource !== 'events') {
        const leader = await holder();
        if (leader !== identity) broken.push(`${identity} wrote ${facts.verb} ${facts.resource} while ${leader} led`);
      }
      return transport.request(request);
    },
  };
}
