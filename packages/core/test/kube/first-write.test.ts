import {
  Applier,
  type ApplierOptions,
  CONFIG_MAPS,
  isForbidden,
  isInvalid,
  type KubeObject,
  RestClient,
  WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import { FaultInjector } from '@kaito-sdk/core/testing';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer, WIDGETS } from '../engine/support/test-server.js';
import { widget } from '../engine/support/widgets.js';

const path = '/api/v1/namespaces/default/configmaps';
const POST = `POST ${path}`;
const GET = `GET ${path}/a`;
const PATCH = `PATCH ${path}/a`;
const labels = { 'example.com/part-of': 'w' };
const MINE = 'widget-operator';

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1: Readonly<Record<string, object>>;
}

describe('the first write of the applier', () => {
  let server: TestServer;
  let clock: VirtualClock;
  let client: RestClient;
  let cache: WatchCache;
  let owner: KubeObject;
  let asked: string[];
  let faults: FaultInjector;

  beforeEach(begin);
  afterEach(end);

  async function begin(): Promise<void> {
    clock = new VirtualClock();
    server = await TestServer.start(clock);
    client = new RestClient({ transport: server, clock, random: () => 0 });
    cache = new WatchCache({ transport: server, clock, random: () => 0 });
    owner = await client.create(WIDGETS, widget('w', 1));
    asked = [];
    faults = new FaultInjector();
  }

  async function end(): Promise<void> {
    cache.stop();
    await clock.settle();
  }

  /** Everything that this applier asks, as `METHOD path`, watches aside. `crashAfter`: its process ends after so many requests. */
  function make(more: Partial<ApplierOptions> = {}, crashAfter = Number.POSITIVE_INFINITY): Applier {
    const transport = {
      request: async (request: Parameters<TestServer['request']>[0]) => {
        if (asked.length >= crashAfter) throw new Error('this process has ended');
        asked.push(`${request.method} ${request.path.replace(/\?.*/, '')}`);
        return faults.over(server).request(request);
      },
    };
    const own = new RestClient({ transport, clock, random: () => 0, retries: 0 });
    return new Applier({
      client: writeThrough(own, cache),
      cache,
      fieldManager: MINE,
      inventory: [CONFIG_MAPS],
      labelSelector: 'example.com/part-of',
      ...more,
    });
  }

  const map = (data: object = { k: 'v' }, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels, ...more },
    data,
  });
  const stored = () => server.at(CONFIG_MAPS, 'a');
  const entries = async () =>
    (((await stored())?.metadata ?? {}) as { managedFields?: readonly Entry[] }).managedFields?.filter(
      ({ manager }) => manager === MINE,
    ) ?? [];
  const placed = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, namespace: 'default' },
  });
  /** Another process, whose watch begins now. */
  async function restart(): Promise<void> {
    cache.stop();
    await clock.settle();
    cache = new WatchCache({ transport: server, clock, random: () => 0 });
    asked.length = 0;
  }

  /** From now on the watch tells nothing new. */
  function goBlind(): void {
    server.fault = ({ path: at }) => (at.includes('watch=true') ? 'refuse' : 'pass');
    server.dropWatches();
  }

  it('is one request and no read', async () => {
    const { written, live } = await make().apply([map()], owner);
    expect(asked).to.deep.equal([POST]);
    expect(written).to.deep.equal(live);
    expect(written).to.have.length(1);
    expect(await entries()).to.have.length(1);
    expect((await entries())[0]).to.include({ operation: 'Update' });
  });

  it('costs nothing afterwards, neither here nor in the next process', async () => {
    await make().apply([map()], owner);
    asked.length = 0;
    const applier = make();
    for (const seen of ['before the watch has told', 'after']) {
      const { live, written } = await applier.apply([map()], owner);
      expect([live.length, written.length], seen).to.deep.equal([1, 0]);
      await clock.settle();
    }
    await restart();
    expect((await make().apply([map()], owner)).written).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });

  it('takes away with the first apply what is no longer rendered, and leaves one entry of ours', async () => {
    const applier = make();
    await applier.apply([map({ k: 'v', dropped: 'x' }, { annotations: { gone: 'y' } })], owner);
    await client.merge(CONFIG_MAPS, 'default', 'a', { data: { theirs: 'z' } }, { fieldManager: 'kubectl-edit' });
    await clock.settle();
    asked.length = 0;
    await applier.apply([map({ k: 'v' })], owner);
    expect(asked, 'a read, the handing over, the apply').to.deep.equal([GET, PATCH, PATCH]);
    expect((await stored())?.data).to.deep.equal({ k: 'v', theirs: 'z' });
    expect((await stored())?.metadata.annotations).to.have.all.keys('kaito-sdk.io/rendered');
    const [entry, ...others] = await entries();
    expect(others).to.deep.equal([]);
    expect(entry).to.include({ operation: 'Apply' });
    expect(entry?.fieldsV1['f:data']).to.deep.equal({ 'f:k': {} });

    asked.length = 0;
    await applier.apply([map({ k: 'w' })], owner);
    expect(asked, 'from then on').to.deep.equal([PATCH]);
  });

  it('takes over nothing but what the create wrote, whoever else writes under a name that we migrate from', async () => {
    const applier = make({ migrateFrom: [MINE, 'manager'] });
    await applier.apply([map()], owner);
    await client.merge(CONFIG_MAPS, 'default', 'a', { data: { theirs: 'z' } }, { fieldManager: 'manager' });
    await clock.settle();
    await applier.apply([map({ k: 'w' })], owner);
    expect((await stored())?.data).to.deep.equal({ k: 'w', theirs: 'z' });
  });

  it('undoes what somebody changed of a created object', async () => {
    const applier = make();
    await applier.apply([map()], owner);
    await client.merge(CONFIG_MAPS, 'default', 'a', { data: { k: 'theirs' } });
    await clock.settle();
    await applier.apply([map()], owner);
    expect((await stored())?.data).to.deep.equal({ k: 'v' });
    expect(await entries()).to.have.length(1);
  });

  it('ends in the same state wherever the process ends between the requests of a change', async () => {
    for (let crashAfter = 0; crashAfter <= 3; crashAfter++) {
      await make().apply([map({ k: 'v', dropped: 'x' })], owner);
      await restart();
      const crashed = await make({}, crashAfter)
        .apply([map({ k: 'w' })], owner)
        .catch(String);
      expect(typeof crashed, `after ${crashAfter}`).to.equal(crashAfter < 3 ? 'string' : 'object');
      await restart();
      await make().apply([map({ k: 'w' })], owner);
      expect((await stored())?.data, `after ${crashAfter}`).to.deep.equal({ k: 'w' });
      expect(await entries(), `after ${crashAfter}`).to.have.length(1);
      await end();
      await begin();
    }
  });

  it('is found by the next process when its answer was lost', async () => {
    server.fault = ({ method }) => (method === 'POST' ? 'lose-answer' : 'pass');
    expect(await make().apply([map()], owner).catch(String)).to.match(/got no answer/);
    server.fault = () => 'pass';
    await restart();
    expect((await make().apply([map()], owner)).live).to.have.length(1);
    expect(asked).to.deep.equal([]);
  });

  it('finds its own by one read, and does not write it again, when the watch has not told of it yet', async () => {
    const unseen = placed(await elsewhere());
    const late = make();
    await late.apply([], owner);
    goBlind();
    await client.create(CONFIG_MAPS, unseen);
    asked.length = 0;
    const { live, written } = await late.apply([map()], owner);
    expect(asked).to.deep.equal([POST, GET]);
    expect([live.length, written.length]).to.deep.equal([1, 0]);
  });

  /** What another process of ours would make of it. */
  async function elsewhere(): Promise<KubeObject> {
    const other = new WatchCache({ transport: server, clock, random: () => 0 });
    const rest = new RestClient({ transport: server, clock, random: () => 0 });
    const applier = new Applier({ client: rest, cache: other, fieldManager: MINE, inventory: [CONFIG_MAPS] });
    const [made] = (await applier.apply([map()], owner)).live;
    await rest.delete(CONFIG_MAPS, 'default', 'a');
    other.stop();
    const { annotations, ownerReferences } = made?.metadata ?? {};
    return {
      ...map(),
      metadata: { name: 'a', labels, annotations: annotations ?? {}, ownerReferences: ownerReferences ?? [] },
    };
  }

  it('never touches what a stranger has made under the name', async () => {
    await client.create(CONFIG_MAPS, placed({ ...map({ theirs: 'x' }), metadata: { name: 'a' } }));
    const before = await stored();
    const refused = await make({ adopt: () => false })
      .apply([map()], owner)
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'MADE_BY_ANOTHER' });
    expect(asked).to.deep.equal([POST, GET]);
    expect(await stored()).to.deep.equal(before);
  });

  it('hands over what it may take from another that made it under the name', async () => {
    const theirs = placed({ ...map({ k: 'old', dropped: 'x' }), metadata: { name: 'a' } });
    await client.create(CONFIG_MAPS, theirs, { fieldManager: 'manager' });
    await make({ migrateFrom: [MINE, 'manager'] }).apply([map()], owner);
    expect(asked).to.deep.equal([POST, GET, PATCH, PATCH]);
    expect((await stored())?.data).to.deep.equal({ k: 'v' });
    expect(await entries()).to.have.length(1);
  });

  it('goes on as before with what an older version applied', async () => {
    const older = await elsewhere();
    const annotation = older.metadata.annotations?.['kaito-sdk.io/rendered']?.replace('created:', '') ?? '';
    const metadata = { ...older.metadata, annotations: { 'kaito-sdk.io/rendered': annotation } };
    await client.apply(CONFIG_MAPS, placed({ ...older, metadata }), { fieldManager: MINE });
    const applier = make();
    await applier.apply([map()], owner);
    expect(asked).to.deep.equal([]);
    await applier.apply([map({ k: 'w' })], owner);
    expect(asked).to.deep.equal([PATCH]);
  });

  describe('of a name that is going', () => {
    const held = (more: object) =>
      placed({ ...map(), metadata: { name: 'a', finalizers: ['example.com/hold'], ...more } });

    it('waits without a write where the watch will tell of its end', async () => {
      const applier = make();
      await applier.apply([], owner);
      goBlind();
      await client.create(CONFIG_MAPS, held({ labels }));
      await client.delete(CONFIG_MAPS, 'default', 'a');
      const { live, terminating } = await applier.apply([map()], owner);
      expect([live.length, terminating.length]).to.deep.equal([0, 1]);
      expect(asked).to.deep.equal([POST, GET]);
    });

    it('gives it the label where the watch would not, and waits', async () => {
      await client.create(CONFIG_MAPS, held({}));
      await client.delete(CONFIG_MAPS, 'default', 'a');
      const { live, terminating } = await make().apply([map()], owner);
      expect([live.length, terminating.length]).to.deep.equal([0, 1]);
      expect((await stored())?.metadata.labels).to.deep.equal(labels);
    });
  });

  describe('that is refused', () => {
    /** As by a quota, or an address that is taken: before anybody looks whether the name is. */
    const refuseCreates = (status: 403 | 422, reason: string) =>
      faults.inject({ verb: 'create', resource: 'configmaps', fault: { status, reason } });

    for (const [code, reason, is] of [
      [403, 'Forbidden', isForbidden],
      [422, 'Invalid', isInvalid],
    ] as const) {
      it(`throws ${reason} where nothing is there`, async () => {
        refuseCreates(code, reason);
        const error = await make()
          .apply([map()], owner)
          .catch((refusal: unknown) => refusal);
        expect(is(error)).to.equal(true);
        expect(String(error)).to.match(/refused by the test/);
        expect(asked).to.deep.equal([POST, GET]);
      });
    }

    it('applies to what is there and cannot be seen, full as the quota may be', async () => {
      await make().apply([map()], owner);
      await client.merge(CONFIG_MAPS, 'default', 'a', { metadata: { labels: { 'example.com/part-of': null } } });
      await clock.settle();
      asked.length = 0;
      refuseCreates(403, 'Forbidden');
      await make().apply([map()], owner);
      expect(asked).to.deep.equal([POST, GET, PATCH, PATCH]);
      expect((await stored())?.metadata.labels).to.deep.equal(labels);
    });
  });

  it('is an apply where a list has a key twice, which no later apply could change', async () => {
    const pod = {
      containers: [
        {
          name: 'c',
          image: 'i',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '1' },
          ],
        },
      ],
    };
    const twice: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', labels },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    };
    const refused = await make().apply([twice], owner).catch(String);
    expect(refused).to.match(/duplicate/i);
    expect(asked.map((one) => one.slice(0, one.indexOf(' ')))).to.deep.equal(['GET', 'PATCH']);
  });

  it('is told from another rendering, created or applied', async () => {
    const applier = make();
    const [created] = (await applier.apply([map()], owner)).live;
    const told = (rendered: KubeObject, live: KubeObject | undefined) =>
      applier.rendersAnew(rendered, owner, live as KubeObject);
    expect([told(map(), created), told(map({ k: 'w' }), created)]).to.deep.equal([false, true]);
    const [applied] = (await applier.apply([map({ k: 'w' })], owner)).live;
    expect([told(map(), applied), told(map({ k: 'w' }), applied)]).to.deep.equal([true, false]);
  });
});
