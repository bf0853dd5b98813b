import type { KubeObject, KubeRequest, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { DEPLOYMENTS, NODE_CLAIMS, PODS, phiWorkspace, SERVICES, WORKSPACES, World } from '../support/world.js';

const SECRETS = { group: '', version: 'v1', plural: 'secrets' };
const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };
const MINUTE = 60_000;

/** What no output may hold. */
const MARKER = 'marker-8c1f2e-never-to-be-seen';

/** Two tenants on one cluster: ours writes Workspaces in `default`, the other has everything that is worth having in `theirs`. */
describe('a tenant who may write Workspaces in his namespace', function () {
  this.timeout(60_000);
  let world: World;
  /** Everything that the operator sent, path and body. */
  let sent: string[];
  beforeEach(async () => {
    world = await World.start();
    sent = [];
    world.between = (inner) => ({
      request: (request: KubeRequest) => {
        sent.push(`${request.method} ${request.path} ${request.body ?? ''}`);
        return inner.request(request);
      },
    });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'theirs' } };
    await world.cluster.client.create(NAMESPACES, namespace as never);
    await world.operate();
  });
  afterEach(() => world.stop());

  const put = (kind: typeof SECRETS, object: object) => world.cluster.client.create(kind, object as never);
  const secret = (name: string, namespace: string, data: object) =>
    put(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data });
  const quickStart = (more: object, name = 'demo') => {
    const workspace = phiWorkspace({ name }) as unknown as Workspace;
    return { ...workspace, inference: { ...workspace.inference, ...more } } as unknown as KubeObject;
  };
  const asked = (pattern: RegExp) => sent.filter((request) => pattern.test(request));

  it('gets no adapter that a Workspace of another namespace made, though the names are the same', async () => {
    const tuning = {
      preset: { name: 'phi-3-mini-4k-instruct' },
      method: 'qlora',
      input: { urls: ['https://example.com/a.parquet'] },
      output: { image: 'registry.example/theirs/adapter:1', imagePushSecret: 'push' },
    };
    const theirs = { ...phiWorkspace({ name: 'tune' }), metadata: { name: 'tune', namespace: 'theirs' } };
    await put(WORKSPACES, { ...theirs, inference: undefined, tuning });
    const status = { tuning: { image: `registry.example/theirs/adapter@sha256:${'a'.repeat(64)}` } };
    await world.cluster.client.merge(WORKSPACES, 'theirs', 'tune', { status }, 'status');
    await world.apply(quickStart({ adapters: [{ source: { name: 'a' }, tuning: { workspace: 'tune' } }] }));
    await world.clock.advance(10 * MINUTE);
    expect(await world.condition('InferenceReady')).to.include({
      reason: 'TuningMissing',
      message: 'adapter a is made by Workspace tune, and there is none of that name in the namespace default',
    });
    expect(await world.names(DEPLOYMENTS)).to.deep.equal([]);
  });

  for (const [what, more] of [
    [
      'a token for the hub',
      { preset: { name: 'phi-3-mini-4k-instruct', presetOptions: { modelAccessSecret: 'wanted' } } },
    ],
    [
      'a pull secret of an adapter',
      { adapters: [{ source: { name: 'a', image: 'r.example/a:1', imagePullSecrets: ['wanted'] } }] },
    ],
  ] as const) {
    it(`gets no Secret of another namespace as ${what}, and no word of whether it is there`, async () => {
      await secret('wanted', 'theirs', { HF_TOKEN: Buffer.from(MARKER).toString('base64') });
      const annotated = quickStart(more);
      const annotations = { 'kaito.sh/runtime': 'vllm' };
      const resource = { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: 'demo' } } };
      await world.apply({ ...annotated, metadata: { ...annotated.metadata, annotations }, resource } as KubeObject);
      await world.clock.advance(10 * MINUTE);
      expect(await world.condition('ResourceReady')).to.include({ reason: 'ReferenceMissing' });
      expect((await world.condition('ResourceReady'))?.message).to.match(/^the namespace default has no Secret wanted/);
      expect(asked(/namespaces\/theirs/)).to.deep.equal([]);
      expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    });
  }

  it('cannot name an object of another namespace at all: a name with a slash or dots that climb is none', async () => {
    for (const [index, name] of [
      'theirs/wanted',
      '../theirs/wanted',
      'theirs%2fwanted',
      '../../namespaces/theirs',
    ].entries()) {
      await world.apply(quickStart({ config: name }, `demo-${index}`));
      expect((await world.condition('Planned', `demo-${index}`))?.reason, name).to.equal('Invalid');
    }
    expect(asked(/theirs/).filter((request) => !request.includes('"message"'))).to.deep.equal([]);
  });

  it('has everything that is made for him in his own namespace, without a token of the API server', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    const { items } = await world.cluster.client.list(PODS);
    expect(items.map(({ metadata }) => metadata.namespace)).to.deep.equal(['default']);
    expect(items[0]?.spec).to.include({ automountServiceAccountToken: false });
    expect(items[0]?.spec).not.to.have.any.keys('hostNetwork', 'hostPID', 'hostIPC');
    expect(asked(/^(POST|PATCH|PUT|DELETE) .*namespaces\/(?!default\/)/)).to.deep.equal([]);
  });

  for (const [kind, resource, spec] of [
    ['Service', SERVICES, { selector: { app: 'payments' }, ports: [{ port: 80 }] }],
    [
      'Deployment',
      DEPLOYMENTS,
      {
        selector: { matchLabels: { app: 'payments' } },
        template: { metadata: { labels: { app: 'payments' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    ],
  ] as const) {
    it(`cannot take over a ${kind} by naming a Workspace after it: it stays as it is, and no node is asked for`, async () => {
      const apiVersion = kind === 'Service' ? 'v1' : 'apps/v1';
      await put(resource, { apiVersion, kind, metadata: { name: 'payments', namespace: 'default' }, spec });
      await world.apply(phiWorkspace({ name: 'payments' }));
      await world.clock.advance(10 * MINUTE);
      const live = await world.cluster.client.get(resource, 'default', 'payments');
      expect(live?.metadata).not.to.have.any.keys('labels', 'ownerReferences');
      expect(JSON.stringify(live)).not.to.include('kaito');
      expect(await world.condition('ResourceReady', 'payments')).to.include({ status: 'False', reason: 'NameTaken' });
      expect((await world.condition('ResourceReady', 'payments'))?.message).to.match(
        new RegExp(`^${kind} payments is there already, .* did not make it\\. Nothing of it was changed\\.`),
      );
      expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
      await world.cluster.client.delete(resource, 'default', 'payments');
      await world.untilReady('payments');
    });
  }

  it('takes back what a backup brought without its owner, by the label', async () => {
    const labels = { 'kaito.sh/workspace': 'demo' };
    const ports = [{ name: 'http', port: 80, targetPort: 5000 }];
    await put(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'demo', namespace: 'default', labels },
      spec: { selector: labels, ports },
    });
    await world.apply(phiWorkspace());
    await world.untilReady();
    const live = await world.cluster.client.get(SERVICES, 'default', 'demo');
    expect(live?.metadata.ownerReferences?.[0]).to.include({ kind: 'Workspace', name: 'demo' });
  });

  it('sees no value of a Secret in a status, an event or anything else that the operator writes', async () => {
    const data = { HF_TOKEN: Buffer.from(MARKER).toString('base64'), [MARKER]: Buffer.from(MARKER).toString('base64') };
    await secret('token', 'default', data);
    const presetOptions = { modelAccessSecret: 'token' };
    const preset = { name: 'phi-3-mini-4k-instruct', presetOptions };
    const annotated = quickStart({ preset });
    const annotations = { 'kaito.sh/runtime': 'vllm' };
    const resource = { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: 'demo' } } };
    await world.apply({ ...annotated, metadata: { ...annotated.metadata, annotations }, resource } as KubeObject);
    await world.untilReady();
    const written = sent.filter((request) => !request.startsWith('GET'));
    const events = await world.cluster.client.list(EVENTS);
    const outputs = JSON.stringify([written, await world.workspace(), events]);
    expect(asked(/GET .*secrets\/token/), 'it was looked at').not.to.deep.equal([]);
    for (const hidden of [MARKER, Buffer.from(MARKER).toString('base64')]) expect(outputs).not.to.include(hidden);
  });
});
