import type { ClaimPhase } from '../../plugin/node-provisioner.js';
import { must } from '../must.js';
import type { ProvisionerRule } from '../provisioner-under-test.js';
import {
  alice,
  allOwned,
  claimOf,
  LONG,
  laterAlice,
  MINUTE,
  otherNamespace,
  readyNode,
  request,
  same,
} from './steps.js';

const FORWARD: readonly ClaimPhase[] = ['requested', 'launched', 'joined', 'ready'];

/** What is seen of claims, by whom, and at what price. */
export const observingRules: readonly ProvisionerRule[] = [
  {
    id: 'PROV-11',
    feature: 'claims',
    title: 'a claim is observed as soon as it was asked for, by the process that asked',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await provisioner.claim(wanted);
      must((await claimOf(provisioner, wanted)) !== undefined, 'the claim is observed');
    },
  },
  {
    id: 'PROV-12',
    feature: 'claims',
    title: 'phases only go forward, and the node is named from the join on',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await provisioner.claim(wanted);
      let reached = 0;
      for (let waited = 0; waited < LONG && FORWARD[reached] !== 'ready'; waited += MINUTE / 4) {
        const claim = await claimOf(provisioner, wanted);
        const now = FORWARD.indexOf(claim?.phase ?? 'failed');
        must(now >= reached, `it stays ${FORWARD[reached]} or goes on`, claim);
        must(now < FORWARD.indexOf('joined') || claim?.nodeName !== undefined, 'a node that joined has a name', claim);
        reached = now;
        await world.advance(MINUTE / 4);
      }
      same(FORWARD[reached], 'ready', 'phase at the end');
    },
  },
  {
    id: 'PROV-13',
    feature: 'claims',
    title: 'an owner observes its own claims: none of another namespace, none of an earlier one of its name',
    prove: async (world) => {
      const provisioner = await world.connect();
      await provisioner.claim(request(world, 'ws000000001', { owner: alice }));
      await provisioner.claim(request(world, 'ws000000002', { owner: otherNamespace }));
      await world.advance(MINUTE);
      for (const fresh of [false, true]) {
        const names = async (owner: typeof alice) =>
          (await provisioner.observe(owner, { fresh })).map(({ name }) => name);
        same(await names(alice), ['ws000000001'], 'claims of alice');
        same(await names(otherNamespace), ['ws000000002'], 'claims of the other namespace');
        same(await names(laterAlice), [], 'claims of a later alice');
      }
    },
  },
  {
    id: 'PROV-14',
    feature: 'claims',
    title: 'a new process observes what the one before it did',
    prove: async (world) => {
      const first = await world.connect();
      const before = await readyNode(world, first);
      const after = await claimOf(await world.connect(), before);
      same(
        [after?.phase, after?.nodeName, after?.instanceType],
        ['ready', before.nodeName, before.instanceType],
        'claim',
      );
    },
  },
  {
    id: 'PROV-15',
    feature: 'claims',
    title: 'a fresh observation and one from the cache agree once nothing happens any more',
    prove: async (world) => {
      const provisioner = await world.connect();
      await readyNode(world, provisioner);
      await world.advance(LONG);
      same(await provisioner.observe(alice, { fresh: true }), await provisioner.observe(alice), 'claims');
    },
  },
  {
    id: 'PROV-16',
    feature: 'quiet',
    title: 'at rest, observing costs no request and nothing is asked behind the scenes',
    prove: async (world) => {
      const provisioner = await world.connect();
      await readyNode(world, provisioner);
      await world.advance(LONG);
      const before = world.requests();
      for (let i = 0; i < 10; i++) {
        await provisioner.observe(alice);
        await world.advance(10 * MINUTE);
      }
      same(world.requests() - before, 0, 'requests');
    },
  },
  {
    id: 'PROV-17',
    feature: 'claims',
    title: 'a claim tells its owner, its instance type and when it was made',
    prove: async (world) => {
      const provisioner = await world.connect();
      const from = world.now();
      await provisioner.claim(request(world));
      await world.advance(10 * MINUTE);
      const [claim] = await allOwned(provisioner);
      same(claim?.owner, alice, 'owner');
      same(claim?.instanceType, world.request.instanceType, 'instance type');
      const made = Date.parse(claim?.createdAt ?? '');
      must(made >= from - 1000 && made <= from + MINUTE, 'createdAt is the moment of asking', claim?.createdAt);
    },
  },
  {
    id: 'PROV-18',
    feature: 'waking',
    title: 'what is watched names the owner of a node of ours, and nobody for a node that is not',
    prove: async (world) => {
      const provisioner = await world.connect();
      const { nodeName = '' } = await readyNode(world, provisioner);
      const labels = (await world.node(nodeName))?.metadata.labels ?? {};
      const owners = provisioner.watches().flatMap((watch) => watch.ownerOf(labels) ?? []);
      must(
        owners.some(({ namespace, name }) => namespace === alice.namespace && name === alice.name),
        `a watch names the owner of ${nodeName}`,
        owners,
      );
      const strange = { 'kubernetes.io/hostname': 'strange' };
      same(
        provisioner.watches().flatMap((watch) => watch.ownerOf(strange) ?? []),
        [],
        'owners of a strange node',
      );
    },
  },
  {
    id: 'PROV-19',
    feature: 'claims',
    title: 'a machine that vanishes is not reported as ready for long',
    prove: async (world) => {
      const provisioner = await world.connect();
      const claim = await readyNode(world, provisioner);
      await world.cloud.lose(claim.name);
      await world.advance(15 * MINUTE);
      const now = await claimOf(provisioner, claim);
      const node = await world.node(claim.nodeName ?? '');
      const { conditions = [] } = (node?.status ?? {}) as { conditions?: { type: string; status: string }[] };
      const nodeReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      must(now?.phase !== 'ready' || !nodeReady, 'the claim is not ready, or its node says so', now);
    },
  },
];
