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
  chatModel?: string,
): readonly Route[] {
  const health = async (): Promise<Reply> => {
    if (engine.models().length === 0) throw new Problem(500, 'Model not initialized', { code: 'model_not_loaded' });
    return { kind: 'json', body: { status: 'Healthy' } };
  };
  /** Beside {@link health}: whether what answers `/chat` is there, which may be an adapter that comes after the start. */
  const ready = async (): Promise<Reply> => {
    const names = engine.models().map(({ name }) => name);
    if (names.length > 0 && (chatModel === undefined || names.includes(chatModel)))
      return { kind: 'json', body: { status: 'Ready' } };
    throw new Problem(503, `${chatModel ?? 'The model'} is not loaded yet`, { code: 'model_not_loaded' });
  };
  return [
    {
      method: 'GET',
      path: '/',
      handle: async () => ({ kind: 'json', body: { message: 'Server is running' } }),
    },
    { method: 'GET', path: '/health', handle: health },
    { method: 'GET', path: '/healthz', handle: health },
    { method: 'GET', path: '/ready', handle: ready },
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
