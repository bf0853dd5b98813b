import { CONFIG_MAPS, type InformerChange, type KubeObject, systemClock, WatchCache } from '@kaito-sdk/core/engine';
import { Chaos, plainState, seeded } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { installCrd } from '../dist/install-crd.js';
import { WIDGETS, widget, widgetCrd, widgetOperator } from '../dist/widgets.js';

const disconnects = Number(process.env.CHAOS_DISCONNECTS ?? 150);
const seed = Number(process.env.CHAOS_SEED ?? 20262);

describe('an operator behind a bad network, of a real API server', () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await ControlPlane.start();
    await installCrd(plane.client, widgetCrd);
  });
  after(async () => {
    await plane?.stop();
  });

  it(`loses no event, makes nothing twice and converges: over ${disconnects} disconnects, seed ${seed}`, async () => {
    const random = seeded(seed);
    const chaos = new Chaos({ clock: systemClock, random, longestDelayMs: 50, stalls: false });
    const transport = plane.connect();
    const { operator } = widgetOperator(chaos.over(transport));
    await operator.start();
    const witnesses = Array.from({ length: 12 }, (_, i) => {
      const firstList = i % 2 === 0 ? 'pages' : 'stream';
      const cache = new WatchCache({ transport: chaos.over(transport), clock: systemClock, random, firstList });
      const told = new Map<string, KubeObject>();
      cache.informer(CONFIG_MAPS, { namespace: 'default' }).subscribe((change: InformerChange<KubeObject>) => {
        const { name } = change.object.metadata;
        if (change.type === 'deleted') told.delete(name);
        else told.set(name, change.object);
      });
      return { cache, told };
    });
    try {
      while (chaos.counts.disconnects < disconnects) {
        const name = `w${Math.floor(random() * 8)}`;
        const size = Math.floor(random() * 20);
        if ((await plane.client.get(WIDGETS, 'default', name)) === undefined) {
          await plane.client.create(WIDGETS, widget(name, size));
        } else if (random() < 0.7) await plane.client.merge(WIDGETS, 'default', name, { spec: { size } });
        else await plane.client.delete(CONFIG_MAPS, 'default', name);
      }
      chaos.end();
      const { items: widgets } = await plane.client.list(WIDGETS);
      const wanted = widgets.flatMap(({ metadata, spec }) => {
        const { size } = spec as { size: number };
        return [`${metadata.name}=${size}`, ...(size > 10 ? [`${metadata.name}-more=${size}`] : [])];
      });
      await eventually(async () => {
        const { items } = await plane.client.list(CONFIG_MAPS, { namespace: 'default' });
        const own = items.filter(({ metadata }) => metadata.ownerReferences !== undefined);
        const found = own.map(({ metadata, data }) => `${metadata.name}=${(data as { size: string }).size}`);
        expect(found.sort()).to.deep.equal(wanted.sort());
        for (const { told } of witnesses) expect(plainState([...told.values()])).to.deep.equal(plainState(items));
      });
    } finally {
      for (const { cache } of witnesses) cache.stop();
      await operator.stop();
      await transport.close?.();
    }
  }).timeout(600_000);
});
