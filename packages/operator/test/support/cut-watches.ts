import type { Clock, KubeResponse } from '@kaito-sdk/core';

/** How the events of one watch come. */
export interface Delivery {
  /** How long the next piece is held back. */
  readonly lagMs?: () => number;
  /** Whether it comes twice. */
  readonly twice?: () => boolean;
}

/** Watches on their way to an operator: they can be cut, with whatever is under way in them. */
export class CutWatches {
  private readonly open = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  over(response: KubeResponse, signal: AbortSignal | undefined, delivery: Delivery = {}): KubeResponse {
    if (response.status !== 200) return response;
    return { ...response, body: this.events(response.body, signal, delivery) };
  }

  cut(): void {
    for (const end of this.open) end();
  }

  private async *events(
    body: AsyncIterable<string>,
    signal: AbortSignal | undefined,
    { lagMs = () => 0, twice = () => false }: Delivery,
  ): AsyncIterable<string> {
    let end: () => void = () => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      end = () => reject(new Error('read ECONNRESET (injected)'));
    });
    ended.catch(() => undefined);
    this.open.add(end);
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await Promise.race([iterator.next(), ended]);
        if (done) return;
        const lag = lagMs();
        if (lag > 0) await Promise.race([new Promise<void>((resolve) => this.clock.after(lag, resolve)), ended]);
        if (signal?.aborted) return;
        yield value;
        // Whole lines only: half a line twice would be rubbish, which no connection delivers.
        const whole = value.endsWith('\n') && !value.slice(0, -1).includes('\n');
        if (whole && twice()) yield value;
      }
    } finally {
      this.open.delete(end);
      // A cut connection is not read to its end: what it would still have brought is lost.
      void iterator.return?.()?.catch(() => undefined);
    }
  }
}
