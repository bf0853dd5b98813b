import type { Clock } from '../clock.js';
import type { Transport } from '../kube/transport.js';
import type { Metrics } from './metrics.js';

const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;

/** Counts requests under the names of client-go. Watches count when they are answered, not when they end. */
export function meteredTransport(transport: Transport, metrics: Metrics, clock: Clock, host = ''): Transport {
  const requests = metrics.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server.',
    labels: ['code', 'method', 'host'],
  });
  const duration = metrics.histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time to the first byte of an answer.',
    labels: ['verb', 'host'],
    buckets,
  });
  const known = new Map<
    string,
    { readonly code: string; readonly method: string; readonly verb: string; readonly host: string }
  >();
  const labels = (method: string, code: string) => {
    const key = `${method} ${code}`;
    const had = known.get(key) ?? { code, method, verb: method, host };
    known.set(key, had);
    return had;
  };
  for (const method of methods) {
    requests.touch(labels(method, method === 'POST' ? '201' : '200'));
    duration.touch(labels(method, '200'));
  }
  return {
    async request(request) {
      const began = clock.now();
      try {
        const response = await transport.request(request);
        const of = labels(request.method, String(response.status));
        requests.add(1, of);
        duration.observe((clock.now() - began) / 1000, of);
        return response;
      } catch (error) {
        requests.add(1, labels(request.method, '<error>'));
        throw error;
      }
    },
    ...(transport.close === undefined ? {} : { close: () => transport.close?.() ?? Promise.resolve() }),
  };
}
