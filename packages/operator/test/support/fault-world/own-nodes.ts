import { NODES, World } from '../world.js';
import { type BadCloud, pick, type Random } from './bad-cloud.js';

const GPU_TYPES = ['Standard_NC24ads_A100_v4', 'Standard_NC6s_v3'];

/** Nodes of one's own, which Workspaces share and people cordon, break and mend. Nothing is bought. */
export async function ownNodes(random: Random): Promise<BadCloud> {
  const nodes = GPU_TYPES.map((type, i) => ({
    name: `own-${i}`,
    labels: { apps: 'shared', 'node.kubernetes.io/instance-type': type },
    // Enough for every Workspace, whatever it asks for.
    shape: { cpu: 64, memory: '512Gi', gpus: 3, ephemeralStorage: '4Ti' },
  }));
  const world = await World.start({ karpenter: false, nodes }, {}, { provisioner: 'byo' });
  const { client } = world.cluster;
  const patch = (name: string, change: object) => client.merge(NODES, undefined, name, change);
  const some = () => pick(random, ...nodes).name;
  const ready = async (name: string, status: 'True' | 'False') => {
    const conditions = [{ type: 'Ready', status, reason: 'Test', message: status === 'True' ? '' : 'kubelet is down' }];
    await client.merge(NODES, undefined, name, { status: { conditions } }, 'status');
  };
  const gpus = async (name: string, count: number) => {
    const shown = { 'nvidia.com/gpu': String(count) };
    await client.merge(NODES, undefined, name, { status: { capacity: shown, allocatable: shown } }, 'status');
  };
  const cordon = async (unschedulable: true | null) => {
    for (const { name } of nodes) await patch(name, { spec: { unschedulable } });
  };
  const each = async (change: (name: string) => Promise<void>) => {
    for (const { name } of nodes) await change(name);
  };
  return {
    world,
    instanceTypes: GPU_TYPES,
    deeds: {
      cordon: () => patch(some(), { spec: { unschedulable: true } }),
      uncordon: () => patch(some(), { spec: { unschedulable: null } }),
      'break a kubelet': () => ready(some(), 'False'),
      'mend a kubelet': () => ready(some(), 'True'),
      'lose a GPU': () => gpus(some(), 2),
      'take a label away': () => patch(some(), { metadata: { labels: { apps: null } } }),
    },
    famines: [
      { name: 'cordoned', reason: /is cordoned/, begin: () => cordon(true) },
      {
        name: 'unlabelled',
        reason: /has no label apps=shared/,
        begin: () => each(async (name) => void (await patch(name, { metadata: { labels: { apps: null } } }))),
      },
      { name: 'no GPU', reason: /has 0 of 1 nvidia\.com\/gpu free/, begin: () => each((name) => gpus(name, 0)) },
      {
        name: 'broken',
        reason: /has no Standard_\w+ to offer|is not ready/,
        begin: () => each((name) => ready(name, 'False')),
      },
    ],
    heal: async () => {
      await cordon(null);
      await each(async (name) => {
        await ready(name, 'True');
        await gpus(name, 3);
        await patch(name, { metadata: { labels: { apps: 'shared' } } });
      });
    },
    bill: () => [],
    // Nobody is asked for a machine: nodes are looked at, as often in ten minutes as machines are asked for in an hour elsewhere.
    asked: () => world.law.claims / 6,
    remains: async () =>
      (await client.list(NODES)).items
        .filter(({ metadata }) => JSON.stringify(metadata).includes('byo.kaito-sdk.dev'))
        .map(({ metadata }) => `claims on ${metadata.name}`),
  };
}
