import type { ClaimFault } from '@kaito-sdk/devcluster';
import { NODE_POOLS, poolStates } from '@kaito-sdk/provider-karpenter';
import { poolWorld } from '../cloud-worlds.js';
import { NODE_CLAIMS } from '../world.js';
import { type BadCloud, pick, type Random } from './bad-cloud.js';

const GPU_TYPES = ['Standard_NC6s_v3', 'Standard_NC24ads_A100_v4'];

/** NodePools with static capacity on a simulated Karpenter, which by itself makes a machine anew that is missing from its pool. */
export async function staticPoolCloud(random: Random): Promise<BadCloud> {
  const world = await poolWorld({}, { liveness: random() < 0.5 });
  const { client, karpenter } = world.cluster;
  const cloud = karpenter!;
  const faults = (): ClaimFault =>
    pick<ClaimFault>(
      random,
      { kind: 'no-capacity' },
      { kind: 'never-launches' },
      { kind: 'never-joins' },
      { kind: 'never-shows-gpu' },
      { kind: 'launch-fails', message: 'Family Cores quota exceeded', attempts: 3 },
      { kind: 'launch-fails', message: 'AnotherOperationInProgress', attempts: 2 },
    );
  const famine = (name: string, fault: ClaimFault, reason: RegExp) => ({
    name,
    reason,
    begin: () => cloud.suffer({ fault }),
  });
  return {
    world,
    instanceTypes: GPU_TYPES,
    deeds: {
      fail: () => cloud.failNext(...Array.from({ length: 1 + Math.floor(random() * 3) }, faults)),
      lose: async () => {
        const [claim] = await world.names(NODE_CLAIMS);
        if (claim) await cloud.lose(claim);
      },
      'delete a claim by hand': async () => {
        const [claim] = await world.names(NODE_CLAIMS);
        if (claim) await client.delete(NODE_CLAIMS, undefined, claim);
      },
      'delete a pool by hand': async () => {
        const [pool] = await world.names(NODE_POOLS);
        if (pool) await client.delete(NODE_POOLS, undefined, pool);
      },
    },
    famines: [
      // Karpenter takes back what cannot be had and makes the next claim, and says nothing of it on the pool.
      famine('no capacity', { kind: 'no-capacity' }, /no machine after 20 minutes/),
      famine('no quota', { kind: 'launch-fails', message: 'Family Cores quota exceeded' }, /quota exceeded/),
      famine('not allowed', { kind: 'launch-fails', message: 'AuthorizationFailed: no' }, /AuthorizationFailed/),
      famine('never launches', { kind: 'never-launches' }, /no machine after 20 minutes/),
      famine('never joins', { kind: 'never-joins' }, /has not joined|no machine after 20 minutes/),
      famine('never shows its GPU', { kind: 'never-shows-gpu' }, /devices do not show|install the device plugin/),
    ],
    heal: () => cloud.forgetFaults(),
    bill: () => cloud.meter.bill().lines,
    asked: () => world.law.claims,
    machineOf: async (claim) => {
      const pools = (await client.list(NODE_POOLS)).items;
      const claims = (await client.list(NODE_CLAIMS)).items;
      const states = pools.flatMap((pool) =>
        poolStates(
          pool,
          claims.filter(({ metadata }) => metadata.labels?.['karpenter.sh/nodepool'] === pool.metadata.name),
        ),
      );
      const node = states.find(({ name }) => name === claim)?.nodeName;
      return claims.find(({ status }) => node !== undefined && (status as { nodeName?: string })?.nodeName === node)
        ?.metadata.name;
    },
    remains: async () => (await world.names(NODE_POOLS)).map((pool) => `pool ${pool}`),
  };
}
