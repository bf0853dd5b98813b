import {
  armFaults,
  type KubeObject,
  MoneyMeter,
  machines,
  type NodePool,
  nodeClaims,
  nodePools,
  type SimulatedKarpenterOptions,
  VirtualClock,
} from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { condition, World } from '../support/world.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const kwok = { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass' };
const options: SimulatedKarpenterOptions = {
  instances: { small: { cpu: 4, memory: '16Gi', gpus: 1 }, large: { cpu: 8, memory: '32Gi', gpus: 2 } },
  prices: { small: 2, large: 4 },
  spotPrices: { small: 0.5 },
  nodeClasses: [kwok],
};
const required = (key: string, value: string) => ({ key, operator: 'In', values: [value] });

function aClaim(name: string, type = 'small', more: readonly object[] = []): KubeObject {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: { name },
    spec: {
      nodeClassRef: { ...kwok, name: 'default' },
      requirements: [required('node.kubernetes.io/instance-type', type), ...more],
    },
  } as KubeObject;
}

describe('a scripted trace of shortages', () => {
  let world: World;
  afterEach(() => world.stop());
  const running = () => world.cluster.karpenter!.meter.bill().lines.filter((line) => line.running);
  const claim = async (name: string, type?: string, more?: readonly object[]) => {
    await world.created(nodeClaims, aClaim(name, type, more));
    await world.advance(1);
    return world.find(nodeClaims, name, undefined);
  };

  it('is played by the clock: what is asked for in its time meets the fault, before and after it does not', async () => {
    const shortage = { from: START + HOUR, until: START + 2 * HOUR, fault: { kind: 'no-capacity' as const } };
    world = await World.start({ nodes: [], karpenter: { ...options, shortages: [shortage] } });
    const now = Number(world.cluster.clock.now());
    expect(await claim('before')).to.not.equal(undefined);
    await world.advance((START + HOUR - now) / 1000);
    expect(await claim('during'), 'taken back').to.equal(undefined);
    await world.advance(3600);
    expect(await claim('after')).to.not.equal(undefined);
    expect(running().map(({ machine }) => machine)).to.deep.equal(['before', 'after']);
  });

  it('can be about a type, a zone or spot machines only', async () => {
    const fault = { kind: 'no-capacity' as const };
    world = await World.start({
      nodes: [],
      karpenter: {
        ...options,
        shortages: [
          { fault, instanceTypes: ['large'] },
          { fault, zones: ['zone-1'] },
          { fault, capacityType: 'spot' },
        ],
      },
    });
    expect(await claim('a-large', 'large')).to.equal(undefined);
    expect(await claim('in-zone-1', 'small', [required('topology.kubernetes.io/zone', 'zone-1')])).to.equal(undefined);
    expect(await claim('a-spot', 'small', [required('karpenter.sh/capacity-type', 'spot')])).to.equal(undefined);
    expect(await claim('in-zone-2', 'small', [required('topology.kubernetes.io/zone', 'zone-2')])).to.not.equal(
      undefined,
    );
  });

  it('plays on agent pools too', async () => {
    const arm = { instances: options.instances, shortages: [{ fault: armFaults.noCapacity(), zones: ['1'] }] };
    world = await World.start({ nodes: [], arm });
    const simulated = world.cluster.arm!;
    const { subscriptionId, resourceGroup, name } = simulated.cluster;
    const put = (pool: string, zone: string) =>
      simulated.handle({
        method: 'PUT',
        url: new URL(
          `https://arm.example/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}/agentPools/${pool}?api-version=2026-06-01`,
        ),
        headers: { authorization: 'Bearer simulated' },
        body: JSON.stringify({ properties: { count: 1, vmSize: 'small', availabilityZones: [zone] } }),
      });
    await put('ws1', '1');
    await put('ws2', '2');
    await world.advance(1);
    expect(Object.fromEntries(simulated.pools)).to.deep.equal({ ws1: 'Failed', ws2: 'Succeeded' });
  });
});

describe('the money meter', () => {
  it('bills spot machines at their own price, and says how each was bought', async () => {
    const clock = new VirtualClock();
    const meter = new MoneyMeter(clock, { small: 2, large: 4 }, { small: 0.5 });
    meter.start('a', 'small');
    meter.start('b', 'small', { capacityType: 'spot', zone: 'zone-1' });
    meter.start('c', 'large', { capacityType: 'spot' });
    await clock.advance(HOUR);
    const { total, lines } = meter.bill();
    expect(lines.map(({ cost }) => cost)).to.deep.equal([2, 0.5, 4]);
    expect(lines[1]).to.deep.include({ capacityType: 'spot', zone: 'zone-1' });
    expect(total).to.equal(6.5);
  });
});

describe('the simulated static NodePools', () => {
  let world: World;
  afterEach(() => world.stop());
  const pool = (replicas: number): KubeObject =>
    ({
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: 'gpus' },
      spec: {
        replicas,
        template: {
          metadata: { labels: { apps: 'phi' } },
          spec: {
            nodeClassRef: { ...kwok, name: 'default' },
            requirements: [required('node.kubernetes.io/instance-type', 'small')],
          },
        },
      },
    }) as KubeObject;
  const claims = async () => (await world.all(nodeClaims)).map(({ metadata }) => metadata.name);

  it('keep as many NodeClaims as replicas, with the labels and the owner that Karpenter gives them', async () => {
    world = await World.start({ nodes: [], karpenter: { ...options, staticPools: true } });
    const made = await world.created<NodePool>(nodePools, pool(2));
    await world.advance(1);
    const [first] = await world.all(nodeClaims);
    expect(await claims()).to.deep.equal(['gpus-00001', 'gpus-00002']);
    expect(first?.metadata.labels).to.include({
      apps: 'phi',
      'karpenter.sh/nodepool': 'gpus',
      'karpenter.kwok.sh/kwoknodeclass': 'default',
    });
    expect(first?.metadata.ownerReferences?.[0]).to.include({ kind: 'NodePool', name: 'gpus' });
    await world.patched(nodePools, made, { spec: { replicas: 1 } });
    await world.advance(60);
    expect(await claims()).to.have.length(1);
    await world.deleted(nodeClaims, (await world.all(nodeClaims))[0]!);
    await world.advance(60);
    expect(await claims(), 'a new one in its place').to.deep.equal(['gpus-00003']);
    expect(condition(await world.get(nodePools, 'gpus', undefined), 'Ready')?.status).to.equal('True');
    await world.deleted(nodePools, await world.get(nodePools, 'gpus', undefined));
    await world.advance(60);
    expect(await claims()).to.deep.equal([]);
    expect(world.failures).to.deep.equal([]);
  });

  it('refuse what the real definition refuses', async () => {
    world = await World.start({ nodes: [], karpenter: { ...options, staticPools: true } });
    const weighted = pool(1) as NodePool & { spec: object };
    const error = await world
      .created(nodePools, { ...weighted, spec: { ...weighted.spec, weight: 10 } } as never)
      .catch((one: Error) => one);
    expect(String(error)).to.match(/'weight' is not supported on static NodePools/);
  });
});

describe('the simulated gpu-provisioner 0.2', () => {
  it('makes a node of a Machine, under conditions of its own names', async () => {
    const world = await World.start({ nodes: [], karpenter: { ...options, api: 'Machine' } });
    const requirements = [required('node.kubernetes.io/instance-type', 'small')];
    const spec = { machineTemplateRef: { name: 'ws1' }, requirements, resources: { requests: { storage: '50' } } };
    await world.created(machines, {
      apiVersion: 'karpenter.sh/v1alpha5',
      kind: 'Machine',
      metadata: { name: 'ws1' },
      spec,
    } as never);
    await world.advance(1);
    const { status } = await world.get(machines, 'ws1', undefined);
    expect((status?.conditions ?? []).map(({ type, status: is }) => `${type}=${is}`)).to.deep.equal([
      'MachineLaunched=True',
      'MachineRegistered=True',
      'MachineInitialized=True',
      'Ready=True',
    ]);
    expect(status?.nodeName).to.match(/^aks-ws1-/);
    await world.stop();
  });
});
