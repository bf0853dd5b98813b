import type { Transport } from '../kube/transport.js';
import { engineErrors } from './engine-errors.js';

/**
 * Lets writes out only while we lead. A process that was paused past its lease resumes in the middle of a reconcile, long
 * before its timers tell it that somebody else leads now; its next write must not reach the server. It is asked twice: at once,
 * and when credentials and connection are there, since the process may have been paused while it waited for those.
 */
export function fencedTransport(transport: Transport, mayWrite: () => boolean): Transport {
  return {
    async request(request) {
      if (request.method === 'GET') return transport.request(request);
      const beforeLeaving = (): void => {
        if (!mayWrite()) throw engineErrors.NOT_LEADING(request.method, request.path);
        request.beforeLeaving?.();
      };
      beforeLeaving();
      return transport.request({ ...request, beforeLeaving });
    },
    ...(transport.close === undefined ? {} : { close: () => transport.close?.() ?? Promise.resolve() }),
  };
}
