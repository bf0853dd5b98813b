import type { Clock } from '../../clock.js';
import { delay } from '../../kube/delay.js';
import type { Transport } from '../../kube/transport.js';
import { requestFacts } from './request-facts.js';

/** Delivers the events of watches late, and some of them twice: a watch is in order, but no two watches are in step. */
export function heldBack(transport: Transport, clock: Clock, lagMs: () => number, random: () => number): Transport {
  return {
    async request(request) {
      const response = await transport.request(request);
      if (requestFacts(request).verb !== 'watch' || response.status !== 200) return response;
      async function* late(): AsyncIterable<string> {
        for await (const piece of response.body) {
          await delay(clock, lagMs(), request.signal);
          yield piece;
          // Whole lines only: half a line twice would be rubbish, which is another test.
          if (piece.endsWith('\n') && !piece.slice(0, -1).includes('\n') && random() < 0.1) yield piece;
        }
      }
      return { ...response, body: late() };
    },
  };
}
