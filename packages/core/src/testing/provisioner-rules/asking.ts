import { must } from '../must.js';
import type { ProvisionerRule } from '../provisioner-under-test.js';
import { alice, allOwned, billed, claimOf, LONG, readyNode, request, same } from './steps.js';

/** Asking for nodes: once, for the right thing, under the name given. */
export const askingRules: readonly ProvisionerRule[] = [
  {
    id: 'PROV-01',
    feature: 'claims',
    title: 'one claim becomes one machine of the type asked for, and a usable node',
    prove: async (world) => {
      const provisioner = await world.connect();
      const { name } = await readyNode(world, provisioner);
      const machines = await world.cloud.machines();
      const told = machines.map(({ claim, instanceType }) => ({ claim, instanceType }));
      same(told, [{ claim: name, instanceType: world.request.instanceType }], 'machines');
    },
  },
  {
    id: 'PROV-02',
    feature: 'claims',
    title: 'asking again for a claim that exists changes nothing, in any phase',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await provisioner.claim(wanted);
      await provisioner.claim(wanted);
      const { nodeName } = await readyNode(world, provisioner, wanted);
      await provisioner.claim(wanted);
      await world.advance(LONG);
      same(await billed(world), [wanted.name], 'machines');
      const now = await claimOf(provisioner, wanted);
      same([now?.phase, now?.nodeName], ['ready', nodeName], 'claim');
    },
  },
  {
    id: 'PROV-03',
    feature: 'claims',
    title: 'asking again in a new process, before the first answer has come to anything, makes no second machine',
    prove: async (world) => {
      const wanted = request(world);
      await (await world.connect()).claim(wanted);
      const provisioner = await world.connect();
      await provisioner.claim(wanted);
      await readyNode(world, provisioner, wanted);
      same(await billed(world), [wanted.name], 'machines');
    },
  },
  {
    id: 'PROV-04',
    feature: 'claims',
    title: 'asking for several claims at once makes a machine for each, and one for a name asked for twice at once',
    prove: async (world) => {
      const provisioner = await world.connect();
      const names = ['ws000000001', 'ws000000002', 'ws000000001'];
      await Promise.all(names.map((name) => provisioner.claim(request(world, name))));
      await world.advance(LONG);
      same(await billed(world), ['ws000000001', 'ws000000002'], 'machines');
    },
  },
  {
    id: 'PROV-05',
    feature: 'claims',
    title: 'a name that somebody else holds is refused with an error that names it, and theirs stays as it was',
    prove: async (world) => {
      const provisioner = await world.connect();
      const wanted = request(world);
      await world.cloud.occupy(wanted.name);
      await world.advance(60_000);
      const refused = await provisioner.claim(wanted).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      );
      must(refused !== undefined, 'claim() throws');
      must(refused.message.includes(wanted.name), 'the error names the claim', refused.message);
      must(await world.cloud.occupied(wanted.name), 'what the other one made is untouched');
      must((await claimOf(provisioner, wanted)) === undefined, 'it is not observed as ours');
      same(await allOwned(provisioner), [], 'owned');
    },
  },
  {
    id: 'PROV-06',
    feature: 'claims',
    title: "the node carries the request's labels and those that pods are told to select by",
    prove: async (world) => {
      const provisioner = await world.connect();
      const { nodeName = '' } = await readyNode(world, provisioner);
      const labels = (await world.node(nodeName))?.metadata.labels ?? {};
      for (const [key, value] of Object.entries({ ...world.request.labels, ...world.nodeSelector(alice) })) {
        must(labels[key] === value, `node ${nodeName} has label ${key}=${value}`, labels);
      }
    },
  },
  {
    id: 'PROV-07',
    feature: 'spot',
    title: 'a request for spot capacity gets a spot machine',
    prove: async (world) => {
      const provisioner = await world.connect();
      await readyNode(world, provisioner, request(world, 'ws000000001', { capacityType: 'spot' }));
      const [machine] = await world.cloud.machines();
      same(machine?.capacityType, 'spot', 'capacity type');
    },
  },
  {
    id: 'PROV-08',
    feature: 'zones',
    title: 'a request for a zone gets a machine in it',
    prove: async (world) => {
      const provisioner = await world.connect();
      await readyNode(world, provisioner, request(world, 'ws000000001', { zone: 'zone-2' }));
      const [machine] = await world.cloud.machines();
      same(machine?.zone, 'zone-2', 'zone');
    },
  },
  {
    id: 'PROV-09',
    feature: 'claims',
    title: 'offers cost nothing, name only what was asked for, and are best first',
    prove: async (world) => {
      const provisioner = await world.connect();
      const { instanceType, diskBytes } = world.request;
      const offers = await provisioner.offers({ instanceType, nodes: 1, diskBytes });
      must(offers.length > 0, 'something can be had');
      must(
        offers.every((offer) => offer.instanceType === instanceType),
        'every offer is of the type',
        offers,
      );
      const prices = offers.flatMap(({ price }) => price?.usdPerHour ?? []);
      same(
        prices,
        [...prices].sort((a, b) => a - b),
        'prices',
      );
      await world.advance(LONG);
      same(await billed(world), [], 'machines');
      same(await allOwned(provisioner), [], 'owned');
    },
  },
];
