import type { Engine } from '../engine/engine.js';
import type { Reply, Route } from './exchange.js';
import type { ServerMetrics } from './metrics.js';
import { Problem } from './problem.js';
import type { RequestQueue } from './request-queue.js';

/** The paths for probes, scrapers and curious people. `/healthz` is KAITO's old health path, `/health` its present one and vLLM's. */
export function statusRoutes(
  engine: Engine,
  queue: RequestQueue,
  metrics: ServerMetrics,
  memory: () => number,
): readonly Route[] {
  const health = async (): Promise<Reply> => {
    if (engine.models().length === 0) throw new Problem(500, 'Model not initialized', { code: 'model_not_loaded' });
    return { kind: 'json', body: { status: 'Healthy' } };
  };
  return [
    {
      method: 'GET',
      path: '/',
      handle: async () => ({ kind: 'json', body: { message: 'Server is running' } }),
    },
    { method: 'GET', path: '/health', handle: health },
    { method: 'GET', path: '/healthz', handle: health },
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({
        kind: 'text',
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        body: metrics.render({
          running: queue.running,
          waiting: queue.waiting,
          modelLoaded: engine.models().length > 0,
          memory: memory(),
        }),
      }),
    },
  ];
}
