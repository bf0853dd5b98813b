import { RestClient, systemClock, WatchCache } from '@kaito-sdk/core';
import { applierBehaviour } from '../../packages/core/dist-test/kube/support/applier-suite.js';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';

describe('the applier, on a real API server', () => {
  applierBehaviour(async () => {
    const plane = await ControlPlane.start();
    const parts = { transport: plane.transport, clock: systemClock, random: Math.random };
    return {
      client: new RestClient({ ...parts, fieldManager: 'test' }),
      cache: () => new WatchCache(parts),
      until: (seen) =>
        eventually(() => {
          if (!seen()) throw new Error('the cache has not seen it yet');
        }),
      stop: () => plane.stop(),
    };
  });
});
