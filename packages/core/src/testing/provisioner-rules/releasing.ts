import { must } from '../must.js';
import type { ProvisionerRule } from '../provisioner-under-test.js';
import {
  allOwned,
  billed,
  claimOf,
  LONG,
  laterAlice,
  MINUTE,
  otherNamespace,
  readyNode,
  releaseFully,
  request,
  same,
} from './steps.js';

/** Giving nodes back, until the bill stops. */
export const releasingRules: readonly ProvisionerRule[] = [
  {
    id: 'PROV-31',
    feature: 'claims',
    title: 'what is released is gone in the end: from the bill, from the cluster, and from every list',
    prove: async (world) => {
      const provisioner = await world.connect();
      const claim = await readyNode(world, provisioner);
      await releaseFully(world, provisioner, claim);
      await world.advance(MINUTE);
      same(await billed(world), [], 'machines');
      must((await claimOf(provisioner, claim, { fresh: true })) === undefined, 'it is not observed');
      same(await allOwned(provisioner), [], 'owned');
    },
  },
  {
    id: 'PROV-32',
    feature: 'claims',
    title: 'releasing what is gone, or never was, says gone and is no error',
    prove: async (world) => {
      const provisioner = await world.connect();
      const claim = await readyNode(world, provisioner);
      await releaseFully(world, provisioner, claim);
      same(await provisioner.release(claim), 'gone', 'the answer');
      same(await provisioner.release(request(world, 'ws0000000ff')), 'gone', 'the answer for one that never was');
    },
  },
  {
    id: 'PROV-33',
    feature: 'claims',
    title: 'a claim released in the middle of its creation leaves nothing behind',
    prove: async (world) => {
      for (const [i, age] of [0, MINUTE / 2, 2 * MINUTE, 5 * MINUTE].entries()) {
        const provisioner = await world.connect();
        const wanted = request(world, `ws00000000${i}`);
        await provisioner.claim(wanted);
        await world.advance(age);
        await releaseFully(world, provisioner, wanted);
        await world.advance(LONG);
        same(await billed(world), [], `machines of a claim released after ${age / 1000} s`);
        same(await allOwned(provisioner), [], 'owned');
      }
    },
  },
  {
    id: 'PROV-34',
    feature: 'failures',
    title: 'a machine that never joined is given back as any other',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.stallNext('join');
      await provisioner.claim(wanted);
      await world.advance(LONG);
      await releaseFully(world, provisioner, wanted);
      await world.advance(MINUTE);
      same(await billed(world), [], 'machines');
    },
  },
  {
    id: 'PROV-35',
    feature: 'claims',
    title:
      'gone is said only when the machine costs nothing any more, and until then the claim is in sight and not ready',
    prove: async (world) => {
      const provisioner = await world.connect();
      const claim = await readyNode(world, provisioner);
      for (let waited = 0; waited <= LONG; waited += MINUTE / 4) {
        const answer = await provisioner.release(claim);
        const costs = (await billed(world)).length > 0;
        must(answer === 'going' || !costs, 'gone means off the bill');
        const seen = await claimOf(provisioner, claim, { fresh: true });
        must(!costs || seen?.phase === 'releasing', 'what is released and still costs is seen as releasing', seen);
        if (answer === 'gone') return;
        await world.advance(MINUTE / 4);
      }
      throw new Error('it was never gone');
    },
  },
  {
    id: 'PROV-36',
    feature: 'claims',
    title: 'a release is carried on by the next process',
    prove: async (world) => {
      const first = await world.connect();
      const claim = await readyNode(world, first);
      await first.release(claim);
      await releaseFully(world, await world.connect(), claim);
      same(await billed(world), [], 'machines');
    },
  },
  {
    id: 'PROV-37',
    feature: 'claims',
    title: 'nobody can release the claim of another owner',
    prove: async (world) => {
      const provisioner = await world.connect();
      const claim = await readyNode(world, provisioner);
      for (const owner of [otherNamespace, laterAlice]) await provisioner.release({ name: claim.name, owner });
      await world.advance(LONG);
      same(await billed(world), [claim.name], 'machines');
      same((await claimOf(provisioner, claim))?.phase, 'ready', 'phase');
    },
  },
  {
    id: 'PROV-38',
    feature: 'claims',
    title: 'a name can be claimed again once it is gone, and releasing one claim leaves the others alone',
    prove: async (world) => {
      const provisioner = await world.connect();
      const kept = await readyNode(world, provisioner, request(world, 'ws000000002'));
      const claim = await readyNode(world, provisioner);
      await releaseFully(world, provisioner, claim);
      await readyNode(world, provisioner);
      same(await billed(world), [claim.name, kept.name].sort(), 'machines');
    },
  },
  {
    id: 'PROV-39',
    feature: 'claims',
    title: 'what somebody else made is never released',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.occupy(wanted.name);
      await world.advance(MINUTE);
      await provisioner.release(wanted).catch(() => undefined);
      await world.advance(LONG);
      must(await world.cloud.occupied(wanted.name), 'what the other one made is untouched');
    },
  },
];
