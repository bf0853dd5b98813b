import { CONFIG_MAPS, type InformerChange, type KubeObject, WatchCache } from '@kaito-sdk/core';
import { Chaos, plainState, seeded, TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { WIDGETS, widgetCrd } from './support/test-server.js';
import { widget, widgetOperator } from './support/widgets.js';

/**
 * CHAOS_DISCONNECTS=10000 for the long run, CHAOS_SEED to replay one. The seed stands in the name of the test, which is printed
 * whether it passes or not.
 */
const disconnects = Number(process.env.CHAOS_DISCONNECTS ?? 1000);
const seed = Number(process.env.CHAOS_SEED ?? 20261);

const live = (object: KubeObject) => object.metadata.ownerReferences !== undefined;

/** What a subscriber has been told, as a copy that is kept by nothing but the events. */
class Told {
  readonly objects = new Map<string, KubeObject>();
  readonly mistakes: string[] = [];

  take({ type, object }: InformerChange<KubeObject>): void {
    const { name } = object.metadata;
    const had = this.objects.has(name);
    if (type === 'deleted') {
      if (!had) this.mistakes.push(`deleted ${name}, which was not there`);
      this.objects.delete(name);
      return;
    }
    if (had === (type === 'added')) this.mistakes.push(`${type} ${name}, which was ${had ? '' : 'not '}there`);
    this.objects.set(name, object);
  }
}

describe('an operator behind a bad network and a bad server', () => {
  it(`loses no event, makes nothing twice and ends where one in peace ends: over ${disconnects} disconnects, seed ${seed}`, async () => {
    const random = seeded(seed);
    const cluster = await TestCluster.start({ crds: [widgetCrd], seed });
    const { client, clock } = cluster;
    const chaos = new Chaos({ clock, random });
    const operator = await cluster.run(
      (parts) => widgetOperator({ ...parts, name: 'widget-operator' }).operator,
      (transport) => chaos.over(transport),
    );
    const witnesses = (['pages', 'stream'] as const).flatMap((firstList) =>
      [1, 2, 3].map(() => {
        const cache = new WatchCache({ transport: chaos.over(cluster.server.transport), clock, random, firstList });
        const told = new Told();
        cache.informer(CONFIG_MAPS).subscribe((change) => told.take(change));
        return { cache, told };
      }),
    );

    while (chaos.counts.disconnects < disconnects) {
      const name = `w${Math.floor(random() * 8)}`;
      const dice = random();
      const there = await client.get(WIDGETS, 'default', name);
      if (there === undefined) await client.create(WIDGETS, widget(name, Math.floor(random() * 20)));
      else if (dice < 0.5) await client.merge(WIDGETS, 'default', name, { spec: { size: Math.floor(random() * 20) } });
      else if (dice < 0.7) await client.delete(CONFIG_MAPS, 'default', name);
      else if (dice < 0.72) cluster.server.compact();
      await clock.advance(Math.floor(random() * 2000));
    }
    chaos.end();
    await clock.advance(30 * 60_000);

    // Every watch came to know of everything, by events alone.
    const served = plainState((await client.list(CONFIG_MAPS)).items);
    for (const { told } of witnesses) {
      expect(told.mistakes).to.deep.equal([]);
      expect(plainState([...told.objects.values()])).to.deep.equal(served);
    }
    expect(operator.ready().filter(({ ok }) => !ok)).to.deep.equal([]);
    // The operator applies, so a second create would show as an object too many.
    const ended = await cluster.state([WIDGETS, CONFIG_MAPS]);
    for (const { cache } of witnesses) cache.stop();
    await cluster.stop();
    expect(ended).to.deep.equal(await inPeace(await widgetsOf(ended)));
    expect((ended as KubeObject[]).filter(live)).to.not.be.empty;
  }).timeout(600_000);

  async function widgetsOf(state: readonly unknown[]): Promise<readonly KubeObject[]> {
    return (state as KubeObject[])
      .filter(({ kind }) => kind === 'Widget')
      .map(({ metadata, spec }) => widget(metadata.name, (spec as { size: number }).size));
  }

  /** What becomes of the same Widgets when nothing goes wrong. */
  async function inPeace(widgets: readonly KubeObject[]): Promise<readonly unknown[]> {
    const cluster = await TestCluster.start({ crds: [widgetCrd] });
    await cluster.run((parts) => widgetOperator({ ...parts, name: 'widget-operator' }).operator);
    for (const one of widgets) await cluster.client.create(WIDGETS, one);
    await cluster.advance(60_000);
    const state = await cluster.state([WIDGETS, CONFIG_MAPS]);
    await cluster.stop();
    return state;
  }
});
