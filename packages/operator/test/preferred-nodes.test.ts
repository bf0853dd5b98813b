import { expect } from 'chai';
import { aksWorld, poolWorld } from './support/cloud-worlds.js';
import { installDevicePlugin } from './support/device-plugin.js';
import { NODES, PODS, phiWorkspace, WORKSPACES, World } from './support/world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TYPE = 'Standard_NC6s_v3';
const LABELS = { apps: 'demo', 'node.kubernetes.io/instance-type': TYPE };
const SHAPE = { cpu: 24, memory: '200Gi', gpus: 1, ephemeralStorage: '1Ti' };

/** A machine that is there already. */
const own = (name: string, labels: Readonly<Record<string, string>> = LABELS) => ({ name, labels, shape: SHAPE });
type Own = ReturnType<typeof own>;

const clouds = {
  'NodeClaims of Karpenter': (nodes: readonly Own[]) => World.start({ nodes }),
  'static NodePools of Karpenter': (nodes: readonly Own[]) => poolWorld({ nodes }),
  'agent pools of AKS': (nodes: readonly Own[]) => aksWorld({ nodes }),
} as const;

for (const [cloud, startedWith] of Object.entries(clouds)) {
  describe(`preferred nodes beside ${cloud}, in virtual time`, function () {
    this.timeout(120_000);
    let world: World;
    afterEach(() => world.stop());

    const start = async (...nodes: readonly Own[]) => {
      world = await startedWith(nodes);
      await installDevicePlugin(world);
      await world.operate();
    };
    const wanting = (count: number, ...preferredNodes: readonly string[]) => {
      const workspace = phiWorkspace();
      return { ...workspace, resource: { ...(workspace.resource as object), count, preferredNodes } };
    };
    const bill = () => (world.cluster.karpenter ?? world.cluster.arm!).meter.bill().lines;
    const running = () => bill().filter((line) => line.running).length;
    const attempts = async () => (await world.workspace())?.status?.attempts ?? [];
    const podNodes = async () =>
      (await world.cluster.client.list(PODS)).items
        .filter(({ metadata }) => metadata.labels?.['kaito.sh/workspace'] === 'demo')
        .map(({ spec }) => (spec as { nodeName?: string }).nodeName ?? 'nowhere');
    const marked = async () =>
      (await world.cluster.client.list(NODES)).items
        .filter(({ metadata }) => JSON.stringify(metadata).includes('byo.kaito-sdk.dev'))
        .map(({ metadata }) => metadata.name);

    it('PREF-01: are taken first, the rest is bought, and the pods run on all of them', async () => {
      await start(own('mine'));
      await world.apply(wanting(2, 'mine'));
      await world.untilReady();
      const { workerNodes = [], plan } = (await world.workspace())?.status ?? {};
      expect(workerNodes).to.have.length(2).and.to.include('mine');
      expect((await podNodes()).sort()).to.deep.equal([...workerNodes].sort());
      expect(running()).to.equal(1);
      if (!plan?.feasible) throw new Error('there is no Plan');
      expect(plan.nodes.preferred?.names).to.deep.equal(['mine']);
      expect(plan.warnings.map(({ code }) => code)).to.include('PreferredNodes');
    });

    it('PREF-06: cost nothing, stay when the Workspace goes, and lose every mark', async () => {
      await start(own('mine'));
      await world.apply(wanting(1, 'mine'));
      await world.untilReady();
      expect(bill()).to.deep.equal([]);
      const [attempt] = await attempts();
      expect(attempt).to.include({ node: 'mine', stage: 'ready' });
      expect(attempt).to.not.have.any.keys('usdPerHour', 'paid');
      await world.delete();
      await world.untilGone();
      expect(await world.names(NODES)).to.deep.equal(['mine']);
      expect(await marked()).to.deep.equal([]);
    });

    it('PREF-04: end in as many nodes as were asked for, whatever write the operator was killed after', async () => {
      await start(own('mine'));
      await world.kill();
      await world.apply(wanting(2, 'mine'));
      for (let writes = 1; writes <= 12; writes++) {
        await world.operate(writes);
        await world.clock.advance(2 * MINUTE);
        await world.kill();
      }
      await world.operate();
      await world.untilReady();
      expect(await marked()).to.deep.equal(['mine']);
      expect(running()).to.equal(1);
      expect((await podNodes()).filter((node) => node === 'mine')).to.have.length(1);
      await world.delete();
      await world.kill();
      for (let writes = 1; writes <= 6; writes++) {
        await world.operate(writes);
        await world.clock.advance(2 * MINUTE);
        await world.kill();
      }
      await world.operate();
      await world.untilGone();
      await world.clock.advance(10 * MINUTE);
      expect([await marked(), running()]).to.deep.equal([[], 0]);
    });

    it('PREF-05: are passed over with the reason of each, and a node is bought instead', async () => {
      await start(own('other', { ...LABELS, apps: 'other' }), own('t4', { ...LABELS, ...t4 }));
      await world.apply(wanting(1, 'other', 't4', 'nowhere'));
      await world.untilReady();
      expect(running()).to.equal(1);
      const events = (await world.cluster.client.list({ group: 'events.k8s.io', version: 'v1', plural: 'events' }))
        .items as unknown as readonly { reason: string; note: string }[];
      const told = events.filter(({ reason }) => reason === 'PreferredNodesPassedOver').map(({ note }) => note);
      expect(told).to.have.length(1);
      expect(told[0]).to.match(/other has no label apps=demo/);
      expect(told[0]).to.match(
        /t4 has NVIDIA Tesla T4 with 15\.00 GiB, and the Plan is for NVIDIA V100 with 16\.00 GiB/,
      );
      expect(told[0]).to.match(/nowhere is not in the cluster/);
    });

    it('PREF-09: that are no longer named are given back, and the claim goes on elsewhere', async () => {
      await start(own('mine'), own('yours'));
      await world.apply(wanting(1, 'mine'));
      await world.untilReady();
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { resource: { preferredNodes: ['yours'] } });
      await world.clock.advance(MINUTE);
      await world.untilReady();
      expect([await marked(), await podNodes()]).to.deep.equal([['yours'], ['yours']]);
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { resource: { preferredNodes: null } });
      await world.clock.advance(MINUTE);
      await world.untilReady();
      expect(await marked()).to.deep.equal([]);
      expect(running()).to.equal(1);
      expect(await podNodes()).to.not.include('yours');
    });

    it('PREF-07: whose Workspace was torn away are found by the leak hunt, and the bought one with them', async () => {
      await start(own('mine'));
      await world.apply(wanting(2, 'mine'));
      await world.untilReady();
      await world.kill();
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });
      await world.delete();
      expect([await marked(), running()]).to.deep.equal([['mine'], 1]);
      await world.operate();
      await world.clock.advance(HOUR);
      expect([await marked(), running()]).to.deep.equal([[], 0]);
    });

    it('PREF-08: that break are given up at the deadline and replaced, and no offer is blamed for it', async () => {
      await start(own('mine'));
      await world.apply(wanting(1, 'mine'));
      await world.untilReady();
      const conditions = [{ type: 'Ready', status: 'False', reason: 'Test', message: 'kubelet is down' }];
      await world.cluster.client.merge(NODES, undefined, 'mine', { status: { conditions } }, 'status');
      await world.clock.advance(HOUR);
      await world.untilReady();
      expect([await marked(), running()]).to.deep.equal([[], 1]);
      const [broken, next] = await attempts();
      expect(broken).to.include({ node: 'mine', reason: 'NodeDevicesOverdue' });
      expect(next).to.not.have.property('node');
      expect(next?.asked, 'asked for at once').to.equal(broken?.ended);
    });
  });
}

const t4 = {
  'nvidia.com/gpu.product': 'Tesla-T4',
  'nvidia.com/gpu.count': '1',
  'nvidia.com/gpu.memory': '15360',
  'nvidia.com/cuda.compute.major': '7',
  'nvidia.com/cuda.compute.minor': '5',
};
