import type { ProvisioningFailure } from '../../plugin/node-provisioner.js';
import { must } from '../must.js';
import type { ProvisionerRule } from '../provisioner-under-test.js';
import { billed, claimOf, LONG, MINUTE, request, same, until } from './steps.js';

/** What the cloud refuses, by kind: the kind decides what happens next. */
export const failingRules: readonly ProvisionerRule[] = [
  failsAs('PROV-21', 'capacity', 'the cloud has none left'),
  failsAs('PROV-22', 'quota', 'the quota is used up'),
  failsAs('PROV-23', 'unsupported', 'the cloud does not sell it to this account'),
  failsAs('PROV-24', 'permission', 'the operator may not ask for it'),
  {
    id: 'PROV-25',
    feature: 'failures',
    title: 'a passing failure ends by itself: the same claim becomes a node, and only one',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.failNext('transient');
      for (let waited = 0; waited <= LONG; waited += MINUTE) {
        // As the core does: what is not there is asked for again.
        if ((await claimOf(provisioner, wanted)) === undefined) await provisioner.claim(wanted).catch(() => undefined);
        await world.advance(MINUTE);
        if ((await claimOf(provisioner, wanted))?.phase === 'ready') break;
      }
      await until(world, provisioner, wanted, ['ready']);
      same(await billed(world), [wanted.name], 'machines');
    },
  },
  {
    id: 'PROV-26',
    feature: 'failures',
    title: 'a claim whose machine never comes is not reported as launched, however long it takes, and costs nothing',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.stallNext('launch');
      await provisioner.claim(wanted);
      await world.advance(2 * LONG);
      const claim = await claimOf(provisioner, wanted);
      must(claim === undefined || ['requested', 'failed'].includes(claim.phase), 'it is requested or failed', claim);
      same(await billed(world), [], 'machines');
    },
  },
  {
    id: 'PROV-27',
    feature: 'failures',
    title: 'a machine that never joins is not reported as joined, and stays in sight as long as it costs',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.stallNext('join');
      await provisioner.claim(wanted);
      await world.advance(2 * LONG);
      const claim = await claimOf(provisioner, wanted);
      must(claim?.phase !== 'joined' && claim?.phase !== 'ready', 'it has not joined', claim);
      must(claim !== undefined || (await billed(world)).length === 0, 'what costs is observed');
    },
  },
];

/** A claim that fails says so with the kind of failure, in the claim or in the error; what the provider takes back itself is gone. */
function failsAs(id: string, failure: ProvisioningFailure, when: string): ProvisionerRule {
  return {
    id,
    feature: 'failures',
    title: `where ${when}, the failure is told as ${failure} with the cloud's words, and nothing is left on the bill`,
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.failNext(failure);
      const thrown = await provisioner.claim(wanted).then(
        () => undefined,
        (error: unknown) => error as { readonly failure?: ProvisioningFailure; readonly message?: string },
      );
      const seen: unknown[] = [];
      for (let waited = 0; waited <= LONG; waited += MINUTE / 2) {
        await world.advance(MINUTE / 2);
        const claim = await claimOf(provisioner, wanted);
        // Some providers take a claim back that they cannot serve: gone is an answer for want of capacity, and for nothing else.
        if (claim === undefined && thrown === undefined && failure === 'capacity') break;
        const told = claim?.phase === 'failed' ? claim : thrown;
        if (told === undefined) continue;
        seen.push(told.failure);
        must(told.failure === failure, `the failure is told as ${failure}`, told);
        must((told.message ?? '').length > 5, "the cloud's words are told", told);
        break;
      }
      if (thrown === undefined && failure !== 'capacity') must(seen.length > 0, 'the claim fails');
      same(await billed(world), [], 'machines');
    },
  };
}
