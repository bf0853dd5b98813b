import type { Transport } from '../kube/transport.js';
import { engineErrors } from './engine-errors.js';

/**
 * Lets writes out only while we lead. A process that was paused past its lease resumes in the middle of a reconcile, long
 * before its timers tell it that somebody else leads now; its next write must not reach the server.
 */
export function fencedTransport(transport: Transport, mayWrite: () => boolean): Transport {
  return {
    request(request) {
      if (request.method !== 'GET' && !mayWrite()) {
        return Promise.reject(engineErrors.NOT_LEADING(request.method, request.path));
      }
      return transport.request(request);
    },
    ...(transport.close === undefined ? {} : { close: () => transport.close?.() ?? Promise.resolve() }),
  };
}
