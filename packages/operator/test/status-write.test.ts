import type { KubeRequest, KubeResponse } from '@kaito-sdk/core';
import { expect } from 'chai';
import { NODE_CLAIMS, phiWorkspace, WORKSPACES, World } from './support/world.js';

const T4 = 'Standard_NC4as_T4_v3';

/** What the operator writes about a Workspace, when somebody else changes it in the moment before. */
describe('the write of a status', () => {
  let world: World;
  /** Happens right before the first of them reaches the server. */
  let before: (() => Promise<unknown>) | undefined;
  let sent: { request: KubeRequest; answer: KubeResponse }[];

  beforeEach(async () => {
    world = await World.start();
    sent = [];
    before = undefined;
    world.between = (transport) => ({
      request: async (request) => {
        if (!isStatusWrite(request)) return transport.request(request);
        const deed = before;
        before = undefined;
        await deed?.();
        const answer = await transport.request(request);
        sent.push({ request, answer });
        return answer;
      },
    });
    await world.operate();
  });
  afterEach(() => world.stop());

  const client = () => world.cluster.client;
  const answers = () => sent.map(({ answer }) => answer.status);
  const claimed = () => world.wire.writes.filter((request) => request.startsWith('POST /apis/karpenter.sh')).length;

  it('replaces the status and sends nothing else, as compare-and-set', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    expect(new Set(answers())).to.deep.equal(new Set([200]));
    for (const { request } of sent) {
      const body = JSON.parse(request.body ?? '');
      expect(Object.keys(body)).to.have.members(['apiVersion', 'kind', 'metadata', 'status']);
      expect(Object.keys(body.metadata)).to.have.members(['name', 'namespace', 'resourceVersion']);
    }
  });

  it('is done again at once after a change of a label, which stays', async () => {
    before = () => client().merge(WORKSPACES, 'default', 'demo', { metadata: { labels: { team: 'a' } } });
    await world.apply(phiWorkspace());
    expect(answers().slice(0, 2)).to.deep.equal([409, 200]);
    expect(claimed()).to.equal(1);
    await world.untilReady();
    expect((await world.workspace())?.metadata.labels).to.include({ team: 'a' });
  });

  it('stops a node that is no longer asked for, since the Workspace was changed meanwhile', async () => {
    before = () => client().merge(WORKSPACES, 'default', 'demo', { resource: { instanceType: T4 } });
    await world.apply(phiWorkspace());
    await world.untilReady();
    const { items } = await client().list(NODE_CLAIMS);
    expect(items.map(({ spec }) => JSON.stringify(spec).includes(T4))).to.deep.equal([true]);
    expect([answers()[0], claimed()]).to.deep.equal([409, 1]);
  });

  it('stops a node that an annotation which came meanwhile has no use for: vLLM has no kernels for a V100', async () => {
    const annotations = { 'kaito.sh/runtime': 'vllm' };
    before = () => client().merge(WORKSPACES, 'default', 'demo', { metadata: { annotations } });
    await world.apply(phiWorkspace());
    await world.clock.advance(60_000);
    expect((await world.condition('Planned'))?.status).to.equal('False');
    expect([answers()[0], claimed()]).to.deep.equal([409, 0]);
  });

  it('stops a node of a Workspace that is being deleted', async () => {
    before = () => client().delete(WORKSPACES, 'default', 'demo');
    await world.apply(phiWorkspace());
    await world.untilGone();
    expect([answers()[0], claimed()]).to.deep.equal([409, 0]);
  });

  it('takes no status back that somebody else has written since, another leader for one', async () => {
    await world.apply(phiWorkspace());
    const attempts = (await world.workspace())?.status?.attempts ?? [];
    const other = [{ ...attempts[0], claim: 'ws-of-another', stage: 'asked', ended: '2026-06-01T00:00:00Z' }];
    sent = [];
    before = () =>
      client().merge(WORKSPACES, 'default', 'demo', { status: { attempts: [...other, ...attempts] } }, 'status');
    await world.untilReady();
    expect(answers()[0]).to.equal(409);
    expect((await world.workspace())?.status?.attempts?.map(({ claim }) => claim)).to.include('ws-of-another');
  });

  it('is none of a Workspace that took the name of the one that was looked at', async () => {
    await world.apply(phiWorkspace());
    sent = [];
    before = async () => {
      await client().merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });
      await client().delete(WORKSPACES, 'default', 'demo');
      await client().create(WORKSPACES, phiWorkspace() as never);
    };
    await world.untilReady();
    expect(answers()[0]).to.equal(409);
    const { metadata, status } = (await world.workspace()) ?? {};
    expect(status?.attempts?.every(({ asked }) => Date.parse(asked) >= Date.parse(metadata?.creationTimestamp ?? '')))
      .to.be.true;
  });
});

function isStatusWrite({ method, path }: KubeRequest): boolean {
  return method !== 'GET' && /\/workspaces\/demo\/status\b/.test(path);
}
