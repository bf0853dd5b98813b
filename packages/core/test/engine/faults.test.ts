import { CONFIG_MAPS, RestClient } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { seeded } from './support/seeded.js';
import { TestServer, WIDGETS } from './support/test-server.js';
import { widget, widgetOperator } from './support/widgets.js';

/** What an operator in peace would have made of the Widgets that are there. */
async function wanted(server: TestServer): Promise<unknown> {
  const sizes = (await server.all(WIDGETS)).map(
    ({ metadata, spec }) => [metadata.name, (spec as { size: number }).size] as const,
  );
  const maps = sizes.flatMap(([name, size]) => [
    [name, size] as const,
    ...(size > 10 ? [[`${name}-more`, size] as const] : []),
  ]);
  return { maps: maps.map(([name, size]) => `${name}=${size}`).sort(), ready: sizes.map(([name]) => name).sort() };
}

async function found(server: TestServer): Promise<unknown> {
  const maps = (await server.all(CONFIG_MAPS)).filter(({ metadata }) => metadata.ownerReferences !== undefined);
  const ready = (await server.all(WIDGETS)).filter(
    ({ status }) => (status as { phase?: string } | undefined)?.phase === 'Ready',
  );
  return {
    maps: maps.map(({ metadata, data }) => `${metadata.name}=${(data as { size: string }).size}`).sort(),
    ready: ready.map(({ metadata }) => metadata.name).sort(),
  };
}

describe('an operator in bad weather', () => {
  for (const seed of [11, 12, 13, 14, 15, 16, 17, 18]) {
    it(`ends where one in peace would have ended, and then is quiet (seed ${seed})`, async () => {
      const random = seeded(seed);
      const clock = new VirtualClock();
      const server = await TestServer.start(clock);
      const user = new RestClient({
        transport: { request: (request) => server.server.transport.request(request) },
        clock,
        random,
      });
      const make = () => widgetOperator({ transport: server, clock, random, name: 'widget-operator' });
      let made = make();
      void made.operator.start();
      await clock.settle();

      server.fault = () => {
        const dice = random();
        return dice < 0.15 ? 'refuse' : dice < 0.3 ? 'lose-answer' : 'pass';
      };
      for (let step = 0; step < 150; step++) {
        const name = `w${Math.floor(random() * 8)}`;
        const size = Math.floor(random() * 20);
        const live = await user.get(WIDGETS, 'default', name);
        const dice = random();
        if (live === undefined) await user.create(WIDGETS, widget(name, size));
        else if (dice < 0.5) await user.merge(WIDGETS, 'default', name, { spec: { size } });
        else if (dice < 0.65) await user.delete(CONFIG_MAPS, 'default', name);
        else if (dice < 0.75) server.dropWatches();
        else if (dice < 0.8) server.server.compact();
        else if (dice < 0.84) {
          // As good as kill -9: it says no more, and another one starts.
          made.operator.cache.stop();
          void made.operator.stop();
          made = make();
          void made.operator.start();
        }
        await clock.advance(Math.floor(random() * 3000));
      }
      server.fault = () => 'pass';
      await clock.advance(30 * 60_000);
      expect(await found(server)).to.deep.equal(await wanted(server));

      server.writes.length = 0;
      server.reads.length = 0;
      await clock.advance(3_600_000);
      expect(server.writes).to.be.empty;
      expect(server.reads.filter((read) => read.startsWith('GET'))).to.be.empty;
      const stopped = made.operator.stop();
      await clock.settle();
      await stopped;
    }).timeout(20_000);
  }
});
