import { RestClient, WatchCache } from '@kaito-sdk/core';
import { ApiServer, VirtualClock } from '@kaito-sdk/devcluster';
import { applierBehaviour } from './support/applier-suite.js';

describe('the applier', () => {
  applierBehaviour(async () => {
    const clock = new VirtualClock();
    const server = new ApiServer({ clock });
    const parts = { transport: server.transport, clock, random: () => 0 };
    return {
      client: new RestClient({ ...parts, fieldManager: 'test' }),
      cache: () => new WatchCache(parts),
      until: (seen) => clock.advanceUntil(seen, 60_000),
      stop: () => server.stop(),
    };
  });
});
