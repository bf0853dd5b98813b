import { type ClusterClient, DevCluster, kinds, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

/** Somebody's operator: every ConfigMap with the label `site` gets a Deployment of that name. */
function siteOperator(client: ClusterClient): () => void {
  return client.watch(kinds.configMaps, { labelSelector: 'site' }, async ({ type, object }) => {
    const { name, namespace = 'default', uid = '' } = object.metadata;
    if (type !== 'ADDED') return;
    const labels = { site: name };
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name, uid };
    await client.create(kinds.deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, ownerReferences: [owner] },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'example.dev/web:1' }] } },
      },
    });
  });
}

describe('a stranger tests an operator', () => {
  it('brings a site up in ten minutes and cleans up after it', async () => {
    const clock = new VirtualClock();
    const cluster = await DevCluster.start({
      clock,
      nodes: [{ name: 'node-1' }],
      script: () => ({ readyAfter: 10 * 60_000 }),
    });
    const stop = siteOperator(cluster.client);

    const site = { name: 'blog', namespace: 'default', labels: { site: '' } };
    await cluster.client.create(kinds.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: site });
    await clock.advance(9 * 60_000);
    const early = await cluster.client.get(kinds.deployments, 'default', 'blog');
    expect(early?.status).to.include({ replicas: 2, unavailableReplicas: 2 });

    await clock.advance(2 * 60_000);
    const late = await cluster.client.get(kinds.deployments, 'default', 'blog');
    expect(late?.status).to.include({ readyReplicas: 2 });

    await cluster.client.delete(kinds.configMaps, 'default', 'blog');
    await clock.advance(60_000);
    expect((await cluster.client.list(kinds.pods)).items).to.deep.equal([]);
    stop();
    await cluster.stop();
  });
});
