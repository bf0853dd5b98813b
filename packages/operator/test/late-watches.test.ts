import type { Clock, Transport } from '@kaito-sdk/core';
import { requestFacts } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { type Ground, type GroundName, grounds } from './support/chaos/ground.js';
import { installDevicePlugin } from './support/device-plugin.js';
import { phiWorkspace } from './support/world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What watches of these kinds tell stays under way until then. */
function silentUntil(transport: Transport, clock: Clock, kinds: readonly string[], until: number): Transport {
  return {
    request: async (request) => {
      const { verb, resource } = requestFacts(request);
      const response = await transport.request(request);
      if (verb !== 'watch' || response.status !== 200 || !kinds.includes(resource)) return response;
      async function* late(): AsyncIterable<string> {
        for await (const piece of response.body) {
          const wait = until - clock.now();
          if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
          yield piece;
        }
      }
      return { ...response, body: late() };
    },
  };
}

describe('a watch that is late by more than a deadline', function () {
  this.timeout(120_000);
  let ground: Ground;
  afterEach(() => ground.world.stop());

  /** A Workspace of which the operator hears nothing for so long that every deadline passes. */
  async function unheard(name: GroundName, kinds: readonly string[], forMs: number): Promise<Ground> {
    ground = await grounds[name]({}, () => undefined);
    const { world } = ground;
    const until = world.clock.now() + forMs;
    world.between = (transport) => silentUntil(transport, world.clock, kinds, until);
    await installDevicePlugin(world);
    await world.operate();
    await world.apply(phiWorkspace());
    return ground;
  }
  const failures = async () =>
    ((await ground.world.workspace())?.status?.attempts ?? []).flatMap(({ reason, failure }) =>
      failure === undefined ? [] : [`${failure} ${reason}`],
    );

  const claims: Readonly<Record<string, readonly string[]>> = {
    karpenter: ['nodeclaims'],
    pools: ['nodeclaims', 'nodepools'],
    machine: ['machines'],
    aks: ['nodes'],
  };
  for (const [name, kinds] of Object.entries(claims)) {
    it(`gives no node up that has come meanwhile, and buys no second one: ${name}`, async () => {
      const { world, bill } = await unheard(name as GroundName, kinds, 30 * MINUTE);
      await world.clock.advance(29 * MINUTE);
      expect(await failures()).to.deep.equal([]);
      await world.untilReady();
      expect(await failures()).to.deep.equal([]);
      expect(bill()).to.have.length(1);
    });
  }

  for (const kind of ['nodes', 'deployments']) {
    it(`gives no node up on which the model runs, although nobody has heard of it: ${kind}`, async () => {
      const { world, bill } = await unheard('karpenter', [kind], 3 * HOUR);
      await world.clock.advance(3 * HOUR - MINUTE);
      expect(await failures()).to.deep.equal([]);
      await world.untilReady();
      expect(bill()).to.have.length(1);
    });
  }
});
