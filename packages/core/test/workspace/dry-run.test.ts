import {
  CONFIG_MAPS,
  isForbidden,
  isInvalid,
  type KubeObject,
  type KubeRequest,
  RestClient,
  WatchCache,
  type Workspace,
  writeThrough,
} from '@kaito-sdk/core';
import { aWorkspace, FaultInjector } from '@kaito-sdk/core/testing';
import { ApiServer, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ApplyingCluster } from '../../dist/workspace/applying-cluster.js';

const maps = '/api/v1/namespaces/default/configmaps';
const POST = `POST ${maps}?fieldManager=kaito-sdk&dryRun=All&fieldValidation=Strict`;
const GET = `GET ${maps}/demo`;
const PATCH = `PATCH ${maps}/demo?fieldManager=kaito-sdk&force=true&dryRun=All`;

/** What the server would say of an object is asked of a real one, in process; the kind does not matter. */
describe('what the server would say of a workload', () => {
  let server: ApiServer;
  let clock: VirtualClock;
  let client: RestClient;
  let cache: WatchCache;
  let cluster: ApplyingCluster;
  let faults: FaultInjector;
  let asked: string[];
  let workspace: Workspace;

  beforeEach(async () => {
    clock = new VirtualClock();
    server = new ApiServer({ clock });
    faults = new FaultInjector();
    asked = [];
    const bare = aWorkspace();
    workspace = Object.assign(bare, { metadata: { ...bare.metadata, uid: 'w-1' } });
    const transport = {
      request: async (request: KubeRequest) => {
        asked.push(`${request.method} ${request.path}`);
        return faults.over(server.transport).request(request);
      },
    };
    client = new RestClient({ transport: server.transport, clock, random: () => 0 });
    cache = new WatchCache({ transport: server.transport, clock, random: () => 0 });
    const own = new RestClient({ transport, clock, random: () => 0 });
    cluster = new ApplyingCluster({ client: writeThrough(own, cache), cache, fieldManager: 'kaito-sdk' });
    await clock.settle();
  });

  afterEach(async () => {
    cache.stop();
    await server.stop();
  });

  const map = (data: object = { k: 'v' }, metadata: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'demo', namespace: 'default', ...metadata },
    data,
  });
  const judged = (object = map()) => cluster.dryRun(workspace, object).catch((error: unknown) => error);

  it('is one request where nothing has its name, and nothing is stored', async () => {
    expect(await judged()).to.equal(undefined);
    expect(asked).to.deep.equal([POST]);
    expect(await client.get(CONFIG_MAPS, 'default', 'demo')).to.equal(undefined);
  });

  it('is asked as a change where our own is there', async () => {
    await cluster.apply(workspace, [map()]);
    asked.length = 0;
    expect(await judged(map({ k: 'w' }))).to.equal(undefined);
    expect(asked).to.deep.equal([PATCH]);
    expect((await client.get(CONFIG_MAPS, 'default', 'demo'))?.data).to.deep.equal({ k: 'v' });
  });

  it('is a name that is taken where a stranger has it', async () => {
    await client.create(CONFIG_MAPS, map({ theirs: 'x' }));
    expect(await judged()).to.include({ code: 'MADE_BY_ANOTHER' });
    expect(asked).to.deep.equal([POST, GET]);
  });

  it('is asked as a change where our own is there without its label', async () => {
    await cluster.apply(workspace, [map()]);
    await client.merge(CONFIG_MAPS, 'default', 'demo', { metadata: { labels: null } });
    await clock.settle();
    asked.length = 0;
    expect(await judged()).to.equal(undefined);
    expect(asked).to.deep.equal([POST, GET, PATCH]);
  });

  for (const [status, reason, is] of [
    [403, 'Forbidden', isForbidden],
    [422, 'Invalid', isInvalid],
  ] as const) {
    it(`is ${reason} where the server would refuse to make it, whatever it would say of an apply`, async () => {
      faults.inject({ verb: 'create', resource: 'configmaps', fault: { status, reason } });
      const refusal = await judged();
      expect(is(refusal)).to.equal(true);
      expect(String(refusal)).to.include(`${POST} was refused (${status} ${reason}): refused by the test`);
      expect(asked).to.deep.equal([POST, GET]);
    });
  }

  it('is a refusal for a field that there is none of', async () => {
    expect(await judged({ ...map(), nonsense: {} })).to.include({ code: 400 });
    expect(asked).to.deep.equal([POST]);
  });

  it('is thrown at once where the server fails', async () => {
    faults.inject({ verb: 'create', resource: 'configmaps', fault: { status: 500 } });
    expect(await judged()).to.include({ code: 500 });
    expect(asked).to.deep.equal([POST]);
  });
});
