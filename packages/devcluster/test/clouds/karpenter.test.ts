import {
  type KubeObject,
  kinds,
  type NodeClaim,
  nodeClaims,
  type SimulatedKarpenterOptions,
} from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aDeployment, aPod, condition, World } from '../support/world.js';

const V100 = 'Standard_NC6s_v3';
const karpenter: SimulatedKarpenterOptions = {
  instances: {
    [V100]: { cpu: 6, memory: '112Gi', gpus: 1, ephemeralStorage: '300Gi' },
    Standard_D4s_v5: { cpu: 4, memory: '16Gi' },
  },
  prices: { [V100]: 3.06 },
  delays: { launch: 60_000, join: 30_000, gpu: 120_000, terminate: 10_000 },
};

function aClaim(name: string, spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name,
      labels: {
        'karpenter.sh/nodepool': 'kaito',
        'kaito.sh/workspace': 'phi',
        'kaito.sh/workspacenamespace': 'default',
        apps: 'phi-3',
      },
      ...metadata,
    },
    spec: {
      nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
      requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: [V100] }],
      resources: { requests: { storage: '120Gi' } },
      taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
      ...spec,
    },
  } as KubeObject;
}

describe('the simulated Karpenter', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = (more: Partial<SimulatedKarpenterOptions> = {}, options: object = {}) =>
    World.start({ nodes: [], karpenter: { ...karpenter, ...more }, ...options });
  const claim = (name = 'ws1') => world.get(nodeClaims, name, undefined) as Promise<NodeClaim>;
  const stages = async (name = 'ws1') =>
    Object.fromEntries(
      ((await claim(name)).status?.conditions ?? []).map(({ type, status, reason }) => [
        type,
        status === 'True' ? 'True' : `${status} ${reason}`,
      ]),
    );
  const nodes = () => world.all(kinds.nodes);

  it('takes a claim from launch over registration to ready, each at its time and with its reason', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    expect((await claim()).metadata.finalizers).to.deep.equal(['karpenter.sh/termination']);
    expect(await stages()).to.deep.equal({
      Launched: 'Unknown AwaitingReconciliation',
      Registered: 'Unknown AwaitingReconciliation',
      Initialized: 'Unknown AwaitingReconciliation',
      Ready: 'Unknown ReconcilingDependents',
    });
    await world.advance(61);
    expect(await stages()).to.deep.equal({
      Launched: 'True',
      Registered: 'Unknown NodeNotFound',
      Initialized: 'Unknown NodeNotFound',
      Ready: 'Unknown ReconcilingDependents',
    });
    expect(condition(await claim(), 'Ready')!.message).to.equal('Initialized=Unknown, Registered=Unknown');
    expect(await nodes()).to.deep.equal([]);
    await world.advance(30);
    expect(await stages()).to.deep.equal({ Launched: 'True', Registered: 'True', Initialized: 'True', Ready: 'True' });
    expect(world.failures).to.deep.equal([]);
  });

  it('says in the status which node and machine it became', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    const { status, metadata } = await claim();
    const [node] = await nodes();
    expect(status!.nodeName).to.equal(node!.metadata.name);
    expect(status!.providerID).to.match(
      /^azure:\/\/\/subscriptions\/.+\/virtualMachineScaleSets\/aks-ws1-.+-vmss\/virtualMachines\/0$/,
    );
    expect(status!.providerID).to.equal(node!.spec!.providerID);
    expect(status!.capacity).to.include({ cpu: '6', memory: '112Gi', 'nvidia.com/gpu': '1' });
    expect(metadata.labels).to.include({ 'node.kubernetes.io/instance-type': V100 });
  });

  it('makes a node with the labels, taints and owner that gpu-provisioner and AKS give it', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    const [node] = await nodes();
    expect(node!.metadata.labels).to.include({
      apps: 'phi-3',
      'kaito.sh/workspace': 'phi',
      'karpenter.sh/nodepool': 'kaito',
      'karpenter.sh/registered': 'true',
      'karpenter.sh/initialized': 'true',
      'kaito.sh/machine-type': 'gpu',
      'kaito.sh/creation-timestamp': '2026-01-01T00-00-00Z',
      'node.kubernetes.io/instance-type': V100,
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': node!.metadata.name,
      accelerator: 'nvidia',
      agentpool: 'ws1',
    });
    expect(node!.spec!.taints).to.deep.equal([{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }]);
    expect(node!.metadata.finalizers).to.deep.equal(['karpenter.sh/termination']);
    expect(node!.metadata.ownerReferences![0]).to.include({ kind: 'NodeClaim', name: 'ws1', blockOwnerDeletion: true });
  });

  it('shows the GPU some time after the node is ready, and the claim is Ready before that', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    expect((await nodes())[0]!.status!.capacity).not.to.have.property('nvidia.com/gpu');
    await world.advance(120);
    expect((await nodes())[0]!.status!.capacity).to.include({ 'nvidia.com/gpu': '1' });
    expect((await nodes())[0]!.status!.allocatable).to.include({ 'nvidia.com/gpu': '1' });
  });

  it('is not initialized before a requested GPU is there', async () => {
    world = await start();
    const resources = { requests: { storage: '120Gi', 'nvidia.com/gpu': '1' } };
    await world.created(nodeClaims, aClaim('ws1', { resources }));
    await world.advance(91);
    expect(condition(await claim(), 'Initialized')).to.include({
      status: 'Unknown',
      reason: 'ResourceNotRegistered',
      message: 'Resource "nvidia.com/gpu" was requested but not registered',
    });
    await world.advance(120);
    expect((await stages()).Ready).to.equal('True');
  });

  it('has everything at once without delays', async () => {
    world = await start({ delays: {} });
    await world.created(nodeClaims, aClaim('ws1'));
    expect((await stages()).Ready).to.equal('True');
    expect((await nodes())[0]!.status!.allocatable).to.include({ 'nvidia.com/gpu': '1' });
  });

  it('runs pods on the node once it is there', async () => {
    world = await start();
    const tolerations = [{ key: 'sku', operator: 'Exists' }];
    await world.created(
      kinds.deployments,
      aDeployment('web', { replicas: 1 }, { tolerations, nodeSelector: { apps: 'phi-3' } }),
    );
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    expect((await world.get(kinds.deployments, 'web')).status).to.include({ readyReplicas: 1 });
  });

  for (const [what, name, spec, message] of [
    ['a name that no agent pool can have', 'my-claim', {}, 'must match regex pattern: ^[a-z][a-z0-9]{0,11}$'],
    ['a name of more than twelve characters', 'ws12345678901', {}, 'must match regex pattern'],
    ['no instance type', 'ws1', { requirements: [] }, 'no requirement for instance type'],
    ['no disk', 'ws1', { resources: {} }, 'storage request of nodeclaim(ws1) should be more than 0'],
    ['a disk of zero', 'ws1', { resources: { requests: { storage: '0' } } }, 'should be more than 0'],
    [
      'an instance type that is not offered',
      'ws1',
      { requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_Made_Up'] }] },
      'The VM size of Standard_Made_Up is not allowed in your subscription',
    ],
  ] as const) {
    it(`does not launch a claim with ${what}, bills nothing and never says False`, async () => {
      world = await start();
      await world.created(nodeClaims, aClaim(name, spec));
      await world.advance(3600);
      const launched = condition(await claim(name), 'Launched')!;
      expect(launched).to.include({ status: 'Unknown', reason: 'LaunchFailed' });
      expect(launched.message).to.include(message);
      expect(world.cluster.karpenter!.meter.bill().lines).to.deep.equal([]);
      await world.deleted(nodeClaims, await claim(name));
      expect(await world.all(nodeClaims)).to.deep.equal([]);
    });
  }

  it('ignores a claim of a class that it does not serve: no finalizer, no condition', async () => {
    world = await start();
    const nodeClassRef = { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' };
    await world.created(nodeClaims, aClaim('ws1', { nodeClassRef }, { labels: {} }));
    await world.advance(3600);
    const ignored = await claim();
    expect(ignored.metadata.finalizers).to.equal(undefined);
    expect(ignored.status).to.equal(undefined);
  });

  it('serves a claim with a workspace label whatever its class, as gpu-provisioner does', async () => {
    world = await start();
    const nodeClassRef = { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'default' };
    await world.created(nodeClaims, aClaim('ws1', { nodeClassRef }));
    await world.advance(91);
    expect((await stages()).Ready).to.equal('True');
  });

  it('drains the node before it goes, then the machine, then the claim', async () => {
    world = await start({}, { script: () => ({ ignoresTerm: true }) });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    await world.created(kinds.pods, aPod('a', { tolerations: [{ operator: 'Exists' }] }));
    await world.deleted(nodeClaims, await claim());
    const [draining] = await nodes();
    expect(draining!.metadata.deletionTimestamp).not.to.equal(undefined);
    expect(draining!.spec!.taints).to.deep.include({ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' });
    expect((await world.get(kinds.pods, 'a')).metadata.deletionTimestamp).not.to.equal(undefined);
    expect((await stages()).Ready).to.equal('True');
    await world.advance(31);
    expect(await world.pods()).to.deep.equal([]);
    expect(await world.all(nodeClaims)).to.have.length(1);
    await world.advance(10);
    expect(await nodes()).to.deep.equal([]);
    expect(await world.all(nodeClaims)).to.deep.equal([]);
    expect(world.failures).to.deep.equal([]);
  });

  it('lets a claim go that is deleted before it has a node, and bills what ran', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(75);
    await world.deleted(nodeClaims, await claim());
    await world.advance(11);
    expect(await world.all(nodeClaims)).to.deep.equal([]);
    await world.advance(3600);
    expect(await nodes()).to.deep.equal([]);
    expect(world.cluster.karpenter!.meter.bill().lines[0]).to.include({ running: false, seconds: 25 });
  });

  it('deletes the claim of a node that somebody deletes', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    await world.deleted(kinds.nodes, (await nodes())[0]!);
    await world.advance(11);
    expect(await world.all(nodeClaims)).to.deep.equal([]);
    expect(await nodes()).to.deep.equal([]);
  });

  it('bills each second from launch to termination', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(60 + 3600);
    expect(world.cluster.karpenter!.meter.bill().total).to.be.closeTo(3.06, 1e-9);
    await world.deleted(nodeClaims, await claim());
    await world.advance(3600);
    const { total, lines } = world.cluster.karpenter!.meter.bill();
    expect(total).to.be.closeTo((3610 / 3600) * 3.06, 1e-9);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ machine: 'ws1', instanceType: V100, seconds: 3610, running: false });
  });

  it('bills a claim that is made again under its old name as a machine of its own', async () => {
    world = await start({ delays: {} });
    for (let round = 0; round < 2; round++) {
      await world.created(nodeClaims, aClaim('ws1'));
      await world.advance(100);
      await world.deleted(nodeClaims, await claim());
      await world.advance(100);
    }
    const { lines } = world.cluster.karpenter!.meter.bill();
    expect(lines.map(({ machine, seconds, running }) => [machine, seconds, running])).to.deep.equal([
      ['ws1', 100, false],
      ['ws1', 100, false],
    ]);
  });

  it('plays a launch that fails with a reason, and succeeds after so many tries', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({
      kind: 'launch-fails',
      reason: 'SubscriptionQuotaReached',
      message: 'quota exceeded',
      attempts: 3,
    });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(61);
    expect(condition(await claim(), 'Launched')).to.include({
      status: 'Unknown',
      reason: 'SubscriptionQuotaReached',
      message: 'quota exceeded',
    });
    expect(world.cluster.karpenter!.meter.bill().lines).to.deep.equal([]);
    await world.advance(60);
    expect((await stages()).Ready).to.equal('True');
  });

  it('plays a cloud without capacity: the claim disappears with a warning', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({ kind: 'no-capacity' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(61);
    expect(await world.all(nodeClaims)).to.deep.equal([]);
    expect((await world.events('ws1'))[0]).to.match(
      /^InsufficientCapacityError: .*all requested instance types were unavailable during launch$/,
    );
    expect(world.cluster.karpenter!.meter.bill().lines).to.deep.equal([]);
  });

  it('plays a cloud that never answers', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({ kind: 'never-launches' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(24 * 3600);
    expect((await stages()).Launched).to.equal('Unknown AwaitingReconciliation');
  });

  it('plays a machine that is paid for and never joins', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({ kind: 'never-joins' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(3600);
    expect(await stages()).to.include({ Launched: 'True', Registered: 'Unknown NodeNotFound' });
    expect(await nodes()).to.deep.equal([]);
    expect(world.cluster.karpenter!.meter.bill().total).to.be.greaterThan(0);
  });

  it('plays a node whose GPU never appears, which no condition of the claim tells', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({ kind: 'never-shows-gpu' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(3600);
    expect((await stages()).Ready).to.equal('True');
    expect((await nodes())[0]!.status!.capacity).not.to.have.property('nvidia.com/gpu');
  });

  it('uses up one fault a claim', async () => {
    world = await start();
    world.cluster.karpenter!.failNext({ kind: 'never-joins' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.created(nodeClaims, aClaim('ws2'));
    await world.advance(91);
    expect([(await stages('ws1')).Registered, (await stages('ws2')).Registered]).to.deep.equal([
      'Unknown NodeNotFound',
      'True',
    ]);
  });

  it('collects a claim whose machine vanished', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    await world.created(kinds.pods, aPod('a', { tolerations: [{ operator: 'Exists' }] }));
    await world.cluster.karpenter!.lose('ws1');
    await world.cluster.settled();
    expect(condition((await nodes())[0]!, 'Ready')).to.include({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    await world.advance(200);
    expect(await world.all(nodeClaims)).to.deep.equal([]);
    expect(await nodes()).to.deep.equal([]);
    expect(await world.pods()).to.deep.equal([]);
  });

  it('finds a machine whose claim was torn away without its finalizer', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(91);
    await world.deleted(nodeClaims, await claim());
    await world.patched(nodeClaims, aClaim('ws1'), { metadata: { finalizers: null } }).catch(() => undefined);
    await world.advance(200);
    expect(world.cluster.karpenter!.meter.bill().lines[0]).to.include({ running: false });
    expect(await nodes()).to.deep.equal([]);
  });

  it('with liveness deletes a claim that does not launch in 5 minutes or register in 15', async () => {
    world = await start({ liveness: true });
    world.cluster.karpenter!.failNext({ kind: 'never-launches' }, { kind: 'never-joins' });
    await world.created(nodeClaims, aClaim('ws1'));
    await world.created(nodeClaims, aClaim('ws2'));
    const left = async () => (await world.all(nodeClaims)).map(({ metadata }) => metadata.name);
    await world.advance(299);
    expect(await left()).to.deep.equal(['ws1', 'ws2']);
    await world.advance(2);
    expect(await left()).to.deep.equal(['ws2']);
    await world.advance(700);
    expect(await left()).to.deep.equal([]);
  });

  it('writes nothing once a claim is ready', async () => {
    world = await start();
    await world.created(nodeClaims, aClaim('ws1'));
    await world.advance(300);
    const before = (await world.cluster.client.list(kinds.nodes)).resourceVersion;
    await world.advance(24 * 3600);
    expect((await world.cluster.client.list(kinds.nodes)).resourceVersion).to.equal(before);
  });

  it('lets nobody change the spec of a claim', async () => {
    world = await start();
    const made = await world.created(nodeClaims, aClaim('ws1'));
    const message = await world
      .patched(nodeClaims, made, { spec: { expireAfter: '1h' } })
      .catch((error: Error) => error.message);
    expect(message).to.include('spec is immutable');
  });

  it('lets the CRD refuse what the real one refuses', async () => {
    world = await start();
    const refused = async (spec: object) =>
      world.cluster.client.create(nodeClaims, aClaim('ws1', spec)).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    expect(
      await refused({ nodeClassRef: { group: 'kaito.sh/v1alpha1', kind: 'KaitoNodeClass', name: 'default' } }),
    ).to.include('spec.nodeClassRef.group');
    expect(await refused({ requirements: undefined })).to.include('spec.requirements');
    expect(await refused({ taints: [{ key: 'sku', effect: 'Nowhere' }] })).to.include('spec.taints[0].effect');
  });
});
