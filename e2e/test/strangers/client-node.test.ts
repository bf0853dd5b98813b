import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { devCluster, realCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

for (const { name, start } of [
  { name: 'kube-apiserver', start: realCluster },
  { name: 'devcluster', start: () => devCluster({ nodes: [{ name: 'node-1' }] }) },
]) {
  describe(`the stock client of Node.js against ${name}`, () => {
    let cluster: TestCluster;
    let config: KubeConfig;
    let core: CoreV1Api;
    before(async function () {
      // A first build takes minutes.
      this.timeout(900_000);
      cluster = await start();
      config = new KubeConfig();
      config.loadFromFile(cluster.kubeconfig);
      core = config.makeApiClient(CoreV1Api);
    });
    after(() => cluster.stop());

    const namespace = 'default';
    const map = (of: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): V1ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: of, namespace, labels },
      data,
    });
    const codeOf = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'no error',
        (error: unknown) => (error instanceof ApiException ? error.code : error),
      );

    it('creates, reads, replaces, patches and deletes with typed methods', async () => {
      const made = await core.createNamespacedConfigMap({ namespace, body: map('typed', { a: '1' }) });
      expect(made.metadata?.creationTimestamp).to.be.instanceOf(Date);
      expect(await codeOf(core.createNamespacedConfigMap({ namespace, body: map('typed') }))).to.equal(409);
      const newer = await core.replaceNamespacedConfigMap({
        namespace,
        name: 'typed',
        body: { ...made, data: { a: '2' } },
      });
      expect(newer.metadata?.resourceVersion).not.to.equal(made.metadata?.resourceVersion);
      expect(await codeOf(core.replaceNamespacedConfigMap({ namespace, name: 'typed', body: made }))).to.equal(409);
      const patched = await core.patchNamespacedConfigMap(
        { namespace, name: 'typed', body: { data: { b: '3' } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
      expect(patched.data).to.deep.equal({ a: '2', b: '3' });
      await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
      expect(await codeOf(core.readNamespacedConfigMap({ namespace, name: 'typed' }))).to.equal(404);
    });

    it('reads lists page by page, and by selector', async () => {
      for (let i = 0; i < 5; i++) {
        await core.createNamespacedConfigMap({ namespace, body: map(`page-${i}`, {}, { set: 'pages' }) });
      }
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const page = await core.listNamespacedConfigMap({
          namespace,
          labelSelector: 'set=pages',
          limit: 2,
          ...(next === undefined ? {} : { _continue: next }),
        });
        seen.push(...page.items.map((item) => item.metadata?.name ?? ''));
        next = page.metadata?._continue || undefined;
      } while (next !== undefined);
      expect(seen).to.deep.equal(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
    });

    it('handles objects of any kind by what they say they are', async () => {
      const objects = KubernetesObjectApi.makeApiClient(config);
      const spec = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'any', namespace },
        spec: {
          replicas: 0,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      };
      await objects.create(spec);
      const applied = await objects.patch(
        { ...spec, metadata: { ...spec.metadata, labels: { by: 'apply' } } },
        undefined,
        undefined,
        'objects',
        true,
        PatchStrategy.ServerSideApply,
      );
      expect(applied.metadata?.labels).to.deep.equal({ by: 'apply' });
      expect(await objects.read(spec))
        .to.have.nested.property('metadata.uid')
        .that.is.a('string');
      const scale = await config.makeApiClient(AppsV1Api).readNamespacedDeploymentScale({ namespace, name: 'any' });
      expect(scale.spec?.replicas ?? 0).to.equal(0);
      await objects.delete(spec);
      await eventually(async () => {
        expect(await codeOf(objects.read(spec))).to.equal(404);
      });
    });

    it('watches from a version on, and says which kind of change it was', async () => {
      const { metadata } = await core.listNamespacedConfigMap({ namespace });
      const events: string[] = [];
      const watch = await new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        { resourceVersion: metadata?.resourceVersion ?? '' },
        (type: string, object: V1ConfigMap) => events.push(`${type} ${object.metadata?.name}`),
        () => undefined,
      );
      await core.createNamespacedConfigMap({ namespace, body: map('watched') });
      await core.patchNamespacedConfigMap(
        { namespace, name: 'watched', body: [{ op: 'add', path: '/data', value: { a: 'b' } }] },
        setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
      );
      await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
      await eventually(() => {
        expect(events).to.deep.equal(['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
      });
      watch.abort();
    });

    it('keeps an informer in step', async () => {
      const labelSelector = 'set=informed';
      const informer = makeInformer<V1ConfigMap>(
        config,
        `/api/v1/namespaces/${namespace}/configmaps`,
        () => core.listNamespacedConfigMap({ namespace, labelSelector }),
        labelSelector,
      );
      const errors: unknown[] = [];
      informer.on('error', (error) => errors.push(error));
      const names = (): (string | undefined)[] => informer.list(namespace).map(({ metadata }) => metadata?.name);
      const labels = { set: 'informed' };
      await core.createNamespacedConfigMap({ namespace, body: map('before', {}, labels) });
      await informer.start();
      expect(names()).to.deep.equal(['before']);
      await core.createNamespacedConfigMap({ namespace, body: map('after', {}, labels) });
      await core.createNamespacedConfigMap({ namespace, body: map('outside') });
      await eventually(() => {
        expect(names().sort()).to.deep.equal(['after', 'before']);
      });
      // What no longer matches the selector leaves the set.
      await core.replaceNamespacedConfigMap({ namespace, name: 'before', body: map('before') });
      await eventually(() => {
        expect(names()).to.deep.equal(['after']);
      });
      await informer.stop();
      expect(errors).to.deep.equal([]);
    });
  });
}
