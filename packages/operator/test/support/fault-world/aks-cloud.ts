import { ArmError, type ArmFault, armFaults } from '@kaito-sdk/devcluster';
import { aksWorld } from '../cloud-worlds.js';
import { type BadCloud, pick, type Random } from './bad-cloud.js';

const MINUTE = 60_000;
const GPU_TYPES = ['Standard_NC6s_v3', 'Standard_NC24ads_A100_v4'];

const isCreation = (request: string) => request.startsWith('PUT ');

/** Another operation runs, too many requests, not there now. */
const PUT_OFF: ReadonlySet<number> = new Set([409, 429, 503]);

/** Agent pools through the real Azure SDK, on a simulated Resource Manager. */
export async function aksCloud(random: Random): Promise<BadCloud> {
  const upTo = (limit: number) => Math.floor(random() * limit);
  const world = await aksWorld({}, 1 + upTo(3));
  const arm = world.cluster.arm!;
  const faults: readonly (() => ArmFault)[] = [
    armFaults.busy,
    armFaults.throttled,
    armFaults.quota,
    armFaults.quotaLater,
    armFaults.noCapacity,
    armFaults.notOffered,
    () => ({ kind: 'fails', code: 'InternalOperationError', message: 'odd' }),
    () => ({ kind: 'never-launches' }),
    () => ({ kind: 'stuck' }),
    () => ({ kind: 'never-joins' }),
    () => ({ kind: 'never-shows-gpu' }),
  ];
  const famine = (name: string, fault: ArmFault, reason: RegExp) => ({
    name,
    reason,
    begin: () => arm.suffer({ fault }),
  });
  return {
    world,
    instanceTypes: GPU_TYPES,
    deeds: {
      fail: () => arm.failNext(...Array.from({ length: 1 + upTo(3) }, () => pick(random, ...faults)())),
      interrupt: () =>
        arm.interrupt(...Array.from({ length: 1 + upTo(4) }, () => new ArmError(503, 'ServiceUnavailable', 'down'))),
      'leave a node behind': () => arm.failNextDelete({ kind: 'leaves-node' }),
      'refuse to delete': async () => {
        arm.refuseDeletes(new ArmError(409, 'OperationNotAllowed', 'there is an in progress upgrade operation'));
        await world.clock.advance(upTo(10) * MINUTE);
        arm.refuseDeletes();
      },
      lose: async () => {
        const [pool] = arm.pools.keys();
        if (pool) await arm.lose(pool);
      },
    },
    famines: [
      famine('no capacity', armFaults.noCapacity(), /AllocationFailed/),
      famine('no quota', armFaults.quota(), /Insufficient vcpu quota/),
      famine('not sold', armFaults.notOffered(), /not allowed in your subscription/),
      famine('not allowed', armFaults.forbidden(), /AuthorizationFailed/),
      famine('policy', armFaults.policy(), /disallowed by policy/),
      famine('never launches', { kind: 'never-launches' }, /no machine after 20 minutes/),
      famine('stuck', { kind: 'stuck' }, /no machine after 20 minutes/),
      famine('never joins', { kind: 'never-joins' }, /has not joined/),
      famine('never shows its GPU', { kind: 'never-shows-gpu' }, /devices do not show|install the device plugin/),
    ],
    heal: () => {
      arm.forgetFaults();
      arm.refuseDeletes();
    },
    bill: () => arm.meter.bill().lines,
    // What Azure puts off, because it is busy or down, is asked for again and again, and makes nothing.
    asked: () => {
      const putOff = arm.refusals.filter(({ request, status }) => isCreation(request) && PUT_OFF.has(status));
      return arm.requests.filter(isCreation).length - putOff.length;
    },
    remains: async () => [...arm.pools.keys()].map((pool) => `pool ${pool}`),
  };
}
