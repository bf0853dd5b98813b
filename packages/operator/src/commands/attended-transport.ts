import type { Clock, Transport } from '@kaito-sdk/core';

/** After so long without an answer a person wonders what is wrong. */
const PATIENCE_MS = 1000;

export interface Attendance {
  readonly clock: Clock;
  /** The person has had enough: open requests are given up, and no new one is made. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the first answer of the server is longer in coming than a person waits without wondering. */
  readonly late?: (() => void) | undefined;
}

/** A way to the server for somebody who sits and waits. Its `close` ends the waiting, and not the transport below. */
export function attendedTransport(
  transport: Transport,
  { clock, signal, late }: Attendance,
): Transport & { close(): Promise<void> } {
  let asked = false;
  let hush: () => void = () => undefined;
  signal?.addEventListener('abort', () => hush(), { once: true });
  return {
    async request(request) {
      signal?.throwIfAborted();
      if (!asked && late !== undefined) hush = clock.after(PATIENCE_MS, late);
      asked = true;
      const signals = [request.signal, signal].filter((one) => one !== undefined);
      const response = await transport.request({ ...request, signal: AbortSignal.any(signals) });
      hush();
      return response;
    },
    async close() {
      hush();
    },
  };
}
