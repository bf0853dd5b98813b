import type { ProvisionerRule, ProvisionerUnderTest } from '../provisioner-under-test.js';
import {
  alice,
  allOwned,
  billed,
  claimOf,
  LONG,
  MINUTE,
  otherNamespace,
  readyNode,
  releaseFully,
  request,
  same,
} from './steps.js';

/** More requests than any provisioner needs for one claim or one release. */
const MOST_REQUESTS = 6;

/** The leak hunt, and death at any moment. */
export const owningRules: readonly ProvisionerRule[] = [
  {
    id: 'PROV-41',
    feature: 'claims',
    title: 'a new process lists every claim of every owner, in whatever phase, with whose it is',
    prove: async (world) => {
      const first = await world.connect();
      await readyNode(world, first, request(world, 'ws000000001'));
      await first.claim(request(world, 'ws000000002', { owner: otherNamespace }));
      const claims = await allOwned(await world.connect());
      const told = claims.map(({ name, owner }) => `${name} ${owner.namespace}/${owner.name} ${owner.uid}`).sort();
      same(told, ['ws000000001 default/alice uid-alice', 'ws000000002 other/alice uid-other'], 'owned');
    },
  },
  {
    id: 'PROV-42',
    feature: 'claims',
    title: 'what the leak hunt is given can be released by the reference it comes with',
    prove: async (world) => {
      await readyNode(world, await world.connect());
      const provisioner = await world.connect();
      for (const claim of await allOwned(provisioner)) await releaseFully(world, provisioner, claim);
      await world.advance(MINUTE);
      same(await billed(world), [], 'machines');
    },
  },
  {
    id: 'PROV-43',
    feature: 'crash',
    title: 'killed after any request of a claim, the next process ends with one machine and no orphan',
    prove: async (world) => {
      for (let requests = 1; requests <= MOST_REQUESTS; requests++) {
        const wanted = request(world, `ws00000010${requests}`);
        await dying(world, requests, (provisioner) => provisioner.claim(wanted));
        const provisioner = await world.connect();
        if ((await claimOf(provisioner, wanted)) === undefined) await provisioner.claim(wanted);
        await readyNode(world, provisioner, wanted);
        same(await billed(world), [wanted.name], `machines after death at request ${requests}`);
        same(
          (await allOwned(provisioner)).map(({ name }) => name),
          [wanted.name],
          'owned',
        );
        await releaseFully(world, provisioner, wanted);
        await world.advance(MINUTE);
      }
    },
  },
  {
    id: 'PROV-44',
    feature: 'crash',
    title: 'killed after any request of a release, the next process ends with nothing on the bill',
    prove: async (world) => {
      for (let requests = 1; requests <= MOST_REQUESTS; requests++) {
        const wanted = request(world, `ws00000020${requests}`);
        await readyNode(world, await world.connect(), wanted);
        await dying(world, requests, (provisioner) => releaseFully(world, provisioner, wanted));
        const provisioner = await world.connect();
        for (const claim of await provisioner.observe(alice, { fresh: true }))
          await releaseFully(world, provisioner, claim);
        await world.advance(LONG);
        same(await billed(world), [], `machines after death at request ${requests}`);
        same(await allOwned(provisioner), [], 'owned');
      }
    },
  },
];

/** Lets a process do something and die on the way; that it notices is no matter. */
async function dying(
  world: ProvisionerUnderTest,
  requestsToLive: number,
  act: (provisioner: Awaited<ReturnType<ProvisionerUnderTest['connect']>>) => Promise<unknown>,
): Promise<void> {
  const provisioner = await world.connect({ requestsToLive });
  await act(provisioner).catch(() => undefined);
}
