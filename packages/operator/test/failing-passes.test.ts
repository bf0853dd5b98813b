import { jsonLog, Metrics, type Transport } from '@kaito-sdk/core';
import { FaultInjector, type FaultRule, requestFacts } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { whyOf } from '../dist/story/why.js';
import { installDevicePlugin } from './support/device-plugin.js';
import { phiWorkspace, WORKSPACES, World } from './support/world.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
const NEXT = 'it is tried again by itself, within 17 minutes at the latest, and at once when something changes';

interface ToldEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string };
}

describe('a Workspace whose passes fail', function () {
  this.timeout(120_000);
  let world: World;
  let faults: FaultInjector;
  let statusWrites: number;
  beforeEach(async () => {
    world = await World.start();
    faults = new FaultInjector();
    statusWrites = 0;
    const counted = (transport: Transport): Transport => ({
      request: (request) => {
        const { subresource, verb } = requestFacts(request);
        if (subresource === 'status' && verb === 'patch') statusWrites++;
        return transport.request(request);
      },
    });
    world.between = (transport) => counted(faults.over(transport));
    await installDevicePlugin(world);
  });
  afterEach(() => world.stop());

  const refuseWorkloads: FaultRule = { verb: 'create', resource: 'deployments', fault: { status: 500 } };
  const why = async () => whyOf((await world.workspace())!, [], world.clock.now());
  const plain = (text: string) => text.replace(/ws[0-9a-f]{9}/g, 'CLAIM');
  const said = async () =>
    Object.fromEntries(
      ((await world.workspace())?.status?.conditions ?? []).map(({ type, status, reason }) => [
        type,
        `${status} ${reason}`,
      ]),
    );
  const told = async () => (await world.condition('Reconciled'))?.message;
  const untilTold = () => world.clock.advanceUntil(async () => (await told()) !== undefined, 2 * HOUR);
  const warnings = async () => {
    const events = (await world.cluster.client.list(EVENTS)).items as unknown as readonly ToldEvent[];
    return events.filter(({ type, regarding }) => type === 'Warning' && regarding.kind === 'Workspace');
  };

  it('says what fails, why, since when and what comes next, and goes on when it is over: every workload is refused with 500', async () => {
    await world.operate();
    await world.apply(phiWorkspace());
    // The free look beforehand is still answered; the failures begin when there is a node to run on.
    await world.clock.advance(4 * MINUTE);
    faults.inject(refuseWorkloads);
    await untilTold();
    const message = `applying the workload: POST /apis/apps/v1/namespaces/default/deployments?fieldManager=kaito-sdk&fieldValidation=Strict was refused (500 Injected): refused by the test; ${NEXT}`;
    expect(await told()).to.equal(message);
    expect(await said()).to.deep.equal({
      Planned: 'True Feasible',
      NodeClaimReady: 'False ApiServerFailing',
      ResourceReady: 'False ApiServerFailing',
      InferenceReady: 'False ApiServerFailing',
      WorkspaceReady: 'False workspacePending',
      WorkspaceSucceeded: 'False workspacePending',
      Reconciled: 'False ApiServerFailing',
    });
    await world.clock.advance(MINUTE);
    const answer = await why();
    expect(answer).to.include({ state: 'waiting', condition: 'Reconciled', reason: 'ApiServerFailing' });
    expect(answer.sentence).to.match(
      /^default\/demo is waiting for 1m\d\ds at Reconciled \(ApiServerFailing\): applying/,
    );
    expect(answer.next).to.equal(
      'Nothing to do for the Workspace; when it stays so, look at the API server: kubectl get --raw "/readyz?verbose".',
    );
    faults.clear();
    await world.untilReady();
    expect(await told()).to.equal(undefined);
    expect((await why()).state).to.equal('ready');
  });

  it('is written to once for a reason, however long and often it fails, and keeps the leases of its nodes meanwhile', async () => {
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(4 * MINUTE);
    faults.inject(refuseWorkloads);
    await untilTold();
    await world.clock.advance(10 * MINUTE);
    const [attempt] = (await world.workspace())?.status?.attempts ?? [];
    expect(attempt, 'since when it is in its stage stands in the status').to.include({ stage: 'visible' });
    const before = statusWrites;
    await world.clock.advance(15 * MINUTE);
    expect(statusWrites).to.equal(before);
    await world.clock.advance(30 * MINUTE);
    const [given] = (await world.workspace())?.status?.attempts ?? [];
    expect(given, 'and its deadline counts').to.include({ failure: 'workload', reason: 'WorkloadStartOverdue' });
    faults.clear();
    await world.untilReady();
  });

  it('tells nothing of what heals by itself within ten seconds', async () => {
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(4 * MINUTE);
    const told: string[] = [];
    const watch = await world.cluster.transport.request({
      method: 'GET',
      path: '/apis/kaito.sh/v1beta1/namespaces/default/workspaces?watch=true',
      headers: {},
    });
    void (async () => {
      for await (const piece of watch.body) if (piece.includes('"Reconciled"')) told.push(piece);
    })().catch(() => undefined);
    for (const status of [409, 429, 500, 503]) {
      faults.inject({ ...refuseWorkloads, fault: { status, reason: status === 409 ? 'Conflict' : '' }, times: 2 });
    }
    await world.untilReady();
    expect(told).to.deep.equal([]);
    expect(await warnings()).to.deep.equal([]);
  });

  it('stays ready where it serves, with every time as it was, and says that nobody minds it', async () => {
    const throwing: { error?: Error } = {};
    world.connect = (_wire, plugin) => (cluster) => {
      const provisioner = plugin.connect(cluster);
      const observe = provisioner.observe.bind(provisioner);
      return Object.assign(provisioner, {
        observe: async (...asked: Parameters<typeof observe>) => {
          if (throwing.error) throw throwing.error;
          return observe(...asked);
        },
      });
    };
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    const before = (await world.workspace())?.status?.conditions;
    throwing.error = new TypeError('fetch failed: https://user:hunter2@cloud.example/v1');
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { labels: { touched: 'yes' } } });
    await untilTold();
    const now = (await world.workspace())?.status?.conditions ?? [];
    expect(now.filter(({ type }) => type !== 'Reconciled')).to.deep.equal(before);
    expect(await told()).to.equal(
      `minding its nodes: provisioner karpenter has failed at observe: TypeError: fetch failed: https://…@cloud.example/v1; ${NEXT}`,
    );
    const answer = await why();
    expect(answer).to.include({ state: 'ready', condition: 'Reconciled', reason: 'ProvisionerFailing' });
    expect(answer.sentence).to.match(
      /^default\/demo is ready for .*\. The operator has failed at it for \d+s \(ProvisionerFailing\): minding its nodes/,
    );
    const heard = await warnings();
    expect(heard.map(({ reason }) => reason)).to.deep.equal(['ProvisionerFailing']);
    expect(JSON.stringify([heard, now])).to.not.include('hunter2');
    delete throwing.error;
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { labels: { touched: null } } });
    await world.clock.settle();
    expect((await world.workspace())?.status?.conditions).to.deep.equal(before);
  });

  it('says what refuses where a person must change something: an admission webhook is against its claim', async () => {
    const fault = { status: 403, reason: 'Forbidden' };
    faults.inject({ verb: 'create', resource: 'nodeclaims', fault });
    await world.operate();
    await world.apply(phiWorkspace());
    await untilTold();
    expect(plain((await told()) ?? '')).to.equal(
      `asking for nodes: POST /apis/karpenter.sh/v1/nodeclaims?fieldManager=kaito-sdk was refused (403 Forbidden): refused by the test; ${NEXT}`,
    );
    expect(await said()).to.include({ Planned: 'True Feasible', Reconciled: 'False RequestRefused' });
    faults.clear();
    // At once: a person that has mended it need not wait for the next try.
    await world.clock.advance(HOUR);
    faults.inject({ verb: 'create', resource: 'nodeclaims', fault });
    await world.untilReady();
  });

  it('says so while it is being deleted, and what keeps it', async () => {
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    faults.inject({ verb: 'delete', resource: 'nodeclaims', fault: { status: 403, reason: 'Forbidden' } });
    await world.delete();
    await untilTold();
    const answer = await why();
    expect(answer).to.include({ state: 'leaving', reason: 'RequestRefused' });
    expect(plain(answer.sentence)).to.match(
      /^default\/demo is being deleted: giving back what it had: DELETE \/apis\/karpenter\.sh\/v1\/nodeclaims\/CLAIM was refused \(403 Forbidden\)/,
    );
    expect(answer.next).to.match(/^Change what refuses/);
    faults.clear();
    await world.untilGone();
    expect(await world.remains()).to.deep.equal([]);
  });

  it('has the events of what was written down before a pass failed: a node is given up that cannot be given back', async () => {
    world.cluster.karpenter!.failNext({ kind: 'never-launches' });
    faults.inject({ verb: 'delete', resource: 'nodeclaims', fault: { status: 403, reason: 'Forbidden' } });
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(25 * MINUTE);
    const heard = (await warnings()).map(({ reason }) => reason);
    expect(heard.toSorted()).to.deep.equal(['NodeLaunchOverdue', 'RequestRefused']);
    expect(plain((await told()) ?? '')).to.match(/^minding its nodes: DELETE \S+\/nodeclaims\/CLAIM was refused \(403/);
    faults.clear();
    await world.untilReady();
    expect(await told()).to.equal(undefined);
  });

  it('is told of by an event, the log and a metric where its status cannot be written', async () => {
    const lines: string[] = [];
    const metrics = new Metrics();
    world.more = { metrics, log: jsonLog({ clock: world.clock, write: (line) => lines.push(line) }) };
    faults.inject({ verb: 'update', resource: 'workspaces', subresource: 'status', fault: { status: 422 } });
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(MINUTE);
    expect((await world.workspace())?.status).to.equal(undefined);
    const heard = await warnings();
    expect(heard.map(({ reason }) => reason)).to.deep.equal(['RequestRefused']);
    expect(heard[0]?.note).to.match(/workspaces\/demo\/status.* was refused \(422 Injected\)/);
    expect(metrics.expose()).to.include('kaito_workspaces_failing 1');
    expect(lines.join('')).to.include('why passes fail could not be written into the status');
    faults.clear();
    await world.untilReady();
    expect(metrics.expose()).to.include('kaito_workspaces_failing 0');
  });

  it('keeps saying it over a restart of the operator, without another word, until a pass succeeds', async () => {
    faults.inject({ ...refuseWorkloads });
    await world.operate();
    await world.apply(phiWorkspace());
    await untilTold();
    const before = await world.condition('Reconciled');
    await world.kill();
    const writes = statusWrites;
    await world.operate();
    await world.clock.advance(20 * MINUTE);
    expect(await world.condition('Reconciled')).to.deep.equal(before);
    expect(statusWrites).to.equal(writes);
    expect(await warnings()).to.have.length(1);
    faults.clear();
    await world.untilReady();
    expect(await told()).to.equal(undefined);
  });
});
