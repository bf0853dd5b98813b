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
  for (const method of methods) {
    requests.touch({ code: method === 'POST' ? '201' : '200', method, host });
    duration.touch({ verb: method, host });
  }
  return {
    async request(request) {
      const began = clock.now();
      try {
        const response = await transport.request(request);
        requests.add(1, { code: String(response.status), method: request.method, host });
        duration.observe((clock.now() - began) / 1000, { verb: request.method, host });
        return response;
      } catch (error) {
        requests.add(1, { code: '<error>', method: request.method, host });
        throw error;
      }
    },
    ...(transport.close === undefined ? {} : { close: () => transport.close?.() ?? Promise.resolve() }),
  };
}
