import type { ClaimFault } from '@kaito-sdk/devcluster';
import { NODE_CLAIMS, World } from '../world.js';
import { type BadCloud, pick, type Random } from './bad-cloud.js';

const GPU_TYPES = ['Standard_NC6s_v3', 'Standard_NC24ads_A100_v4'];

/** NodeClaims on a simulated gpu-provisioner; half of the time one that deletes claims itself which do not come up. */
export async function karpenterCloud(random: Random): Promise<BadCloud> {
  return karpenterBadness(await World.start({}, { liveness: random() < 0.5 }), random);
}

/** What goes wrong with NodeClaims, in a world that has them. */
export function karpenterBadness(world: World, random: Random): BadCloud {
  const karpenter = world.cluster.karpenter!;
  const faults = (): ClaimFault =>
    pick<ClaimFault>(
      random,
      { kind: 'no-capacity' },
      { kind: 'never-launches' },
      { kind: 'never-joins' },
      { kind: 'never-shows-gpu' },
      { kind: 'launch-fails', message: 'Family Cores quota exceeded', attempts: 3 },
      { kind: 'launch-fails', message: 'SkuNotAvailable: not here' },
      { kind: 'launch-fails', message: 'AnotherOperationInProgress', attempts: 2 },
    );
  const famine = (name: string, fault: ClaimFault, reason: RegExp) => ({
    name,
    reason,
    begin: () => karpenter.suffer({ fault }),
  });
  return {
    world,
    instanceTypes: GPU_TYPES,
    deeds: {
      fail: () => karpenter.failNext(...Array.from({ length: 1 + Math.floor(random() * 3) }, faults)),
      lose: async () => {
        const [claim] = await world.names(NODE_CLAIMS);
        if (claim) await karpenter.lose(claim);
      },
      'delete a claim by hand': async () => {
        const [claim] = await world.names(NODE_CLAIMS);
        if (claim) await world.cluster.client.delete(NODE_CLAIMS, undefined, claim);
      },
    },
    famines: [
      famine('no capacity', { kind: 'no-capacity' }, /taken back by somebody else while|no capacity/),
      famine('no quota', { kind: 'launch-fails', message: 'Family Cores quota exceeded' }, /quota exceeded/),
      famine('not sold', { kind: 'launch-fails', message: 'SkuNotAvailable: not here' }, /SkuNotAvailable/),
      famine('not allowed', { kind: 'launch-fails', message: 'AuthorizationFailed: no' }, /AuthorizationFailed/),
      famine('never launches', { kind: 'never-launches' }, /no machine after 20 minutes|taken back by somebody else/),
      famine('never joins', { kind: 'never-joins' }, /has not joined|taken back by somebody else/),
      famine('never shows its GPU', { kind: 'never-shows-gpu' }, /devices do not show|install the device plugin/),
    ],
    heal: () => karpenter.forgetFaults(),
    bill: () => karpenter.meter.bill().lines,
    asked: () => world.law.claims,
    remains: async () => [],
  };
}
