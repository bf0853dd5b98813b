import { CONFIG_MAPS, type KubeObject, LEASES, type LeaderElectionOptions } from '@kaito-sdk/core';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { devclusterTarget, type EngineTarget } from '../dist/engine-target.js';
import { eventually } from '../dist/eventually.js';
import { installCrd } from '../dist/install-crd.js';
import { RecordingTransport } from '../dist/recording-transport.js';
import { WIDGETS, type WidgetOperator, widget, widgetCrd, widgetOperator } from '../dist/widgets.js';

const maps = '/api/v1/namespaces/default/configmaps';
const widgets = '/apis/ex.io/v1/namespaces/default/widgets';

interface Running extends WidgetOperator {
  readonly transport: RecordingTransport;
}

const targets: readonly (readonly [string, () => Promise<EngineTarget>])[] = [
  ['a real API server', () => ControlPlane.start()],
  ['devcluster', devclusterTarget],
];

for (const [where, start] of targets) {
  describe(`an operator of Widgets on ${where}`, () => {
    let plane: EngineTarget;
    const running: Running[] = [];

    before(async () => {
      plane = await start();
      await installCrd(plane.client, widgetCrd);
    });
    after(async () => {
      await plane?.stop();
    });
    afterEach(async () => {
      for (const one of running.splice(0)) await end(one);
      for (const { metadata } of (await plane.client.list(WIDGETS)).items) {
        await plane.client.delete(WIDGETS, 'default', metadata.name);
      }
      // There is no garbage collector here.
      for (const { metadata } of await ownMaps()) await plane.client.delete(CONFIG_MAPS, 'default', metadata.name);
    });

    function make(leaderElection?: LeaderElectionOptions): Running {
      const transport = new RecordingTransport(plane.connect());
      const made = { ...widgetOperator(transport, leaderElection), transport };
      running.push(made);
      return made;
    }

    async function started(): Promise<Running> {
      const made = make();
      await made.operator.start();
      return made;
    }

    async function end({ operator, transport }: Running): Promise<void> {
      await operator.stop();
      await transport.close();
    }

    async function ownMaps(): Promise<readonly KubeObject[]> {
      const { items } = await plane.client.list(CONFIG_MAPS, { namespace: 'default' });
      return items.filter(({ metadata }) => metadata.ownerReferences !== undefined);
    }

    const contents = async () => (await ownMaps()).map(({ metadata, data }) => [metadata.name, data]);

    async function converged(name: string): Promise<KubeObject> {
      return eventually(async () => {
        const live = await plane.client.get(WIDGETS, 'default', name);
        expect(live?.status).to.deep.equal({ phase: 'Ready' });
        return live as KubeObject;
      });
    }

    /** Waits for what was begun before: when a Widget that came later is done, the watches have told everything up to it. */
    async function barrier(name: string): Promise<void> {
      await plane.client.create(WIDGETS, widget(name, 1));
      await converged(name);
    }

    it('makes what a Widget needs with two writes, and writes nothing more for it', async () => {
      const { transport, operator } = await started();
      await plane.client.create(WIDGETS, widget('a', 3));
      const live = await converged('a');
      const [map] = await ownMaps();
      expect(map?.data).to.deep.equal({ size: '3' });
      expect(map?.metadata.ownerReferences?.[0]).to.include({
        kind: 'Widget',
        uid: live.metadata.uid,
        controller: true,
      });

      await barrier('later');
      await barrier('latest');
      // After the stop nothing can follow.
      await operator.stop();
      expect(transport.take().sort()).to.deep.equal([
        `PATCH ${widgets}/a/status`,
        `PATCH ${widgets}/later/status`,
        `PATCH ${widgets}/latest/status`,
        `POST ${maps}`,
        `POST ${maps}`,
        `POST ${maps}`,
      ]);
      expect((await plane.client.get(WIDGETS, 'default', 'a'))?.metadata.resourceVersion).to.equal(
        live.metadata.resourceVersion,
      );
      expect((await plane.client.get(CONFIG_MAPS, 'default', 'a'))?.metadata.resourceVersion).to.equal(
        map?.metadata.resourceVersion,
      );
    });

    it('makes no write when it starts over converged objects', async () => {
      const first = await started();
      const names = Array.from({ length: 20 }, (_, i) => `w${i}`);
      for (const [i, name] of names.entries()) await plane.client.create(WIDGETS, widget(name, i));
      for (const name of names) await converged(name);
      await end(first);

      const second = await started();
      await eventually(() => {
        for (const name of names) {
          expect(second.controller.why({ namespace: 'default', name }).outcome).to.deep.equal({ kind: 'done' });
        }
      });
      await second.operator.stop();
      expect(second.transport.take()).to.deep.equal([]);
      expect(await contents()).to.have.length(29);
    });

    it('repairs what somebody changes or deletes, and leaves alone what somebody adds', async () => {
      await started();
      await plane.client.create(WIDGETS, widget('a', 3));
      await converged('a');
      await plane.client.merge(CONFIG_MAPS, 'default', 'a', {
        data: { size: '4', note: 'mine' },
        metadata: { labels: { team: 'x' } },
      });
      await eventually(async () => expect(await contents()).to.deep.equal([['a', { size: '3', note: 'mine' }]]));
      await plane.client.delete(CONFIG_MAPS, 'default', 'a');
      await eventually(async () => expect(await contents()).to.deep.equal([['a', { size: '3' }]]));
    });

    it('removes what is no longer rendered, even when that changed while it was not running', async () => {
      const first = await started();
      await plane.client.create(WIDGETS, widget('a', 30));
      await converged('a');
      expect(await contents()).to.have.length(2);
      await end(first);

      await plane.client.merge(WIDGETS, 'default', 'a', { spec: { size: 5 } });
      await started();
      await eventually(async () => expect(await contents()).to.deep.equal([['a', { size: '5' }]]));
    });

    it('goes on after the API server went away and came back', async () => {
      const { operator } = await started();
      await barrier('before');
      await plane.restartServer();
      await plane.client.create(WIDGETS, widget('after', 3));
      await converged('after');
      await eventually(() => expect(operator.ready().filter(({ ok }) => !ok)).to.deep.equal([]));
    });

    describe('of which there are two, with a lease', () => {
      const lease = (identity: string): LeaderElectionOptions => ({
        namespace: 'default',
        name: 'widgets',
        identity,
        leaseDurationMs: 3000,
        renewDeadlineMs: 2000,
        retryMs: 200,
      });
      const holder = async (): Promise<unknown> => (await plane.client.get(LEASES, 'default', 'widgets'))?.spec;

      beforeEach(async () => {
        await plane.client.delete(LEASES, 'default', 'widgets');
      });

      it('acts in one only, and hands over at once when that one stops', async () => {
        const first = make(lease('first'));
        await first.operator.start();
        await barrier('a');
        const second = make(lease('second'));
        await second.operator.start();
        await barrier('b');
        expect(await holder()).to.include({ holderIdentity: 'first', leaseTransitions: 0 });
        await end(first);
        expect(first.transport.take()).to.have.length(4);
        expect(second.transport.take()).to.deep.equal([]);

        await barrier('c');
        expect(await holder()).to.include({ holderIdentity: 'second', leaseTransitions: 1 });
        expect(second.transport.take().sort()).to.deep.equal([`PATCH ${widgets}/c/status`, `POST ${maps}`]);
      });

      it('takes over from one that is cut off, which stops by itself and says why', async () => {
        const first = make(lease('first'));
        await first.operator.start();
        await barrier('a');
        const second = make(lease('second'));
        await second.operator.start();
        first.transport.pull();
        expect(String(await first.operator.stopped)).to.match(/lease default\/widgets/);

        await barrier('b');
        expect(await holder()).to.include({ holderIdentity: 'second', leaseTransitions: 1 });
        first.transport.take();
        first.transport.cut = false;
        await barrier('c');
        expect(first.transport.take()).to.deep.equal([]);
      });
    });
  });
}
