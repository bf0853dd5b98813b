import type { AgentPoolApi } from './agent-pool-api.js';

/**
 * Asks right before each call that changes something whether this process may still act: one that was paused past its lease goes on in the
 * middle of a pass, and by then another one decides what is bought and what is given back.
 */
export function fencedPools(pools: AgentPoolApi, mayAct: (() => void) | undefined): AgentPoolApi {
  if (mayAct === undefined) return pools;
  const asking =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      mayAct();
      return call(...args);
    };
  return {
    get: (name) => pools.get(name),
    list: () => pools.list(),
    create: asking((name, pool) => pools.create(name, pool)),
    delete: asking((name) => pools.delete(name)),
    abort: asking((name) => pools.abort(name)),
  };
}
