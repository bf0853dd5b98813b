import { NODES, World } from '../world.js';
import { type BadCloud, pick, type Random } from './bad-cloud.js';
import { karpenterBadness } from './karpenter-cloud.js';

/** One of each type that Workspaces ask for, with room for two of the three. */
const OWN = [
  { name: 'own-0', type: 'Standard_NC6s_v3', gpus: 2 },
  { name: 'own-1', type: 'Standard_NC24ads_A100_v4', gpus: 2 },
];

/** NodeClaims on a simulated gpu-provisioner, beside nodes of one's own that every Workspace prefers and that people cordon, break and mend. */
export async function mixedCloud(random: Random): Promise<BadCloud> {
  const nodes = OWN.map(({ name, type, gpus }) => ({
    name,
    labels: { 'node.kubernetes.io/instance-type': type, apps: 'shared' },
    shape: { cpu: 64, memory: '512Gi', gpus, ephemeralStorage: '4Ti' },
  }));
  const world = await World.start({ nodes }, { liveness: random() < 0.5 });
  const { client } = world.cluster;
  const names = nodes.map(({ name }) => name);
  const patch = (name: string, change: object) => client.merge(NODES, undefined, name, change);
  const ready = async (name: string, status: 'True' | 'False') => {
    const conditions = [{ type: 'Ready', status, reason: 'Test', message: status === 'True' ? '' : 'kubelet is down' }];
    await client.merge(NODES, undefined, name, { status: { conditions } }, 'status');
  };
  const bad = karpenterBadness(world, random);
  return {
    ...bad,
    preferredNodes: names,
    deeds: {
      ...bad.deeds,
      cordon: () => patch(pick(random, ...names), { spec: { unschedulable: true } }),
      uncordon: () => patch(pick(random, ...names), { spec: { unschedulable: null } }),
      'break a kubelet': () => ready(pick(random, ...names), 'False'),
      'mend a kubelet': () => ready(pick(random, ...names), 'True'),
    },
    heal: async () => {
      await bad.heal();
      for (const name of names) {
        await patch(name, { spec: { unschedulable: null } });
        await ready(name, 'True');
      }
    },
    remains: async () =>
      (await client.list(NODES)).items
        .filter(({ metadata }) => JSON.stringify(metadata).includes('byo.kaito-sdk.dev'))
        .map(({ metadata }) => `claims on ${metadata.name}`),
  };
}
