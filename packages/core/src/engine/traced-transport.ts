import type { Transport } from '../kube/transport.js';
import { type Tracer, traced } from './tracing.js';

/** A span for each request, by OpenTelemetry's names for HTTP clients. A watch is a span until it is answered. */
export function tracedTransport(transport: Transport, tracer: Tracer): Transport {
  return {
    request: (request) => {
      const [path = ''] = request.path.split('?');
      const attributes = { 'http.request.method': request.method, 'url.path': path };
      return traced(tracer, request.method, attributes, async (span) => {
        const response = await transport.request(request);
        span?.setAttribute('http.response.status_code', response.status);
        return response;
      });
    },
    ...(transport.close === undefined ? {} : { close: () => transport.close?.() ?? Promise.resolve() }),
  };
}
