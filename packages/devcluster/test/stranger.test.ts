import { type ApiTransport, type Clock, DevCluster, faults, kinds, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

/** Somebody's operator: every ConfigMap with the label `site` gets a Deployment of that name. It looks every ten seconds, and lives with failures. */
function siteOperator(transport: ApiTransport, clock: Clock): () => void {
  const call = async (method: string, path: string, body?: object) => {
    const headers = { 'user-agent': 'site-operator/1.0', 'content-type': 'application/json' };
    const answer = await transport.request({ method, path, headers, ...(body && { body: JSON.stringify(body) }) });
    let text = '';
    for await (const piece of answer.body) text += piece;
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`${method} ${path}: ${answer.status}`);
    return JSON.parse(text);
  };
  const look = async () => {
    const { items } = await call('GET', '/api/v1/configmaps?labelSelector=site');
    for (const { metadata } of items) {
      const { name, namespace, uid } = metadata;
      const labels = { site: name };
      await call('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, {
        metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }] },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.dev/web:1' }] } },
        },
      });
    }
  };
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(
      10_000,
      () =>
        void look()
          .catch(() => undefined)
          .then(again),
    );
  };
  again();
  return () => cancel();
}

describe('a stranger tests an operator', () => {
  let clock: VirtualClock;
  let cluster: DevCluster;
  let stop: () => void;
  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await DevCluster.start({
      clock,
      nodes: [{ name: 'node-1' }],
      script: () => ({ readyAfter: 10 * 60_000 }), // every container gets ready ten minutes after its start
    });
    stop = siteOperator(cluster.transport, clock);
  });
  afterEach(async () => {
    stop();
    await cluster.stop();
  });
  const site = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { site: '' } },
  });
  const statusOf = async (name: string) => (await cluster.client.get(kinds.deployments, 'default', name))?.status;

  it('brings a site up in ten minutes and cleans up after it', async () => {
    await cluster.client.create(kinds.configMaps, site('blog'));
    await clock.advance(9 * 60_000);
    expect(await statusOf('blog')).to.include({ replicas: 2, unavailableReplicas: 2 });
    await clock.advance(2 * 60_000);
    expect(await statusOf('blog')).to.include({ readyReplicas: 2 });

    await cluster.client.delete(kinds.configMaps, 'default', 'blog');
    await clock.advance(60_000);
    expect((await cluster.client.list(kinds.pods)).items).to.deep.equal([]);
  });

  it('makes one Deployment, whatever the API server does to its requests', async () => {
    const mine = { resources: ['deployments'], userAgent: /^site-operator/ };
    cluster.server.middlewares.push(
      faults(clock, [
        { ...mine, fault: { kind: 'answer', status: 503, reason: 'ServiceUnavailable' }, count: 2 },
        { ...mine, fault: { kind: 'reset' } }, // it is made, but nobody is told
      ]),
    );
    const journal = cluster.server.journal();
    await cluster.client.create(kinds.configMaps, site('blog'));
    await clock.advance(20 * 60_000);
    expect(await statusOf('blog')).to.include({ readyReplicas: 2 });
    const made = journal.entries.filter(({ type, resource }) => type === 'ADDED' && resource === 'deployments.apps');
    expect(made).to.have.length(1);
  });

  it('writes nothing when nothing has to be done, also after everything was put back to yesterday', async () => {
    await cluster.client.create(kinds.configMaps, site('blog'));
    await clock.advance(20 * 60_000);
    const yesterday = cluster.snapshot();
    await cluster.client.delete(kinds.configMaps, 'default', 'blog');
    await clock.advance(20 * 60_000);
    cluster.restore(yesterday);
    await clock.advance(20 * 60_000);
    expect(await statusOf('blog')).to.include({ readyReplicas: 2 });

    const journal = cluster.server.journal();
    await clock.advance(6 * 3_600_000);
    expect(journal.entries).to.deep.equal([]);
  });
});
