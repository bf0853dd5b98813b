import {
  Applier,
  type ApplierOptions,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DEPLOYMENTS,
  JOBS,
  type KubeClient,
  type KubeObject,
  labelledOwner,
  NAMESPACES,
  type ResourceKind,
  ROLE_BINDINGS,
  replaceImmutable,
  replaceNothing,
  SECRETS,
  SERVICES,
  STATEFUL_SETS,
  type WatchCache,
  writeThrough,
} from '@kaito-sdk/core';
import { expect } from 'chai';

/** An API server to try the applier on. */
export interface ApplierGround {
  readonly client: KubeClient;
  cache(): WatchCache;
  /** Resolves when `seen` holds: of a cache that follows what was just done. */
  until(seen: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

const inventory = [CONFIG_MAPS, SECRETS, SERVICES, DEPLOYMENTS, STATEFUL_SETS, JOBS, ROLE_BINDINGS, CLUSTER_ROLES];
const template = (more: object = {}) => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'example.com/c:1', ...more }] },
});
const workload = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { name },
  spec,
});
const map = (name: string, data: object, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
});

/** What holds of the applier on every API server: run on the in-process one, and on a real one. */
export function applierBehaviour(open: () => Promise<ApplierGround>): void {
  let ground: ApplierGround;
  let cache: WatchCache;
  let owner: KubeObject;
  let turn = 0;
  let namespace = '';

  before(async () => {
    ground = await open();
  });
  after(async () => {
    await ground?.stop();
  });
  beforeEach(async () => {
    namespace = `applier-${turn++}`;
    await ground.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const parent = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'owner', namespace } };
    owner = await ground.client.create(ACCOUNTS, parent);
    cache = ground.cache();
  });
  afterEach(() => cache.stop());

  const ACCOUNTS: ResourceKind = {
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    namespaced: true,
  };

  function applier(more: Partial<ApplierOptions> = {}): Applier {
    const client = writeThrough(ground.client, cache);
    return new Applier({ client, cache, fieldManager: 'suite', inventory, ...more });
  }
  const at = (resource: ResourceKind, name: string) => ground.client.get(resource, namespace, name);
  const uids = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.uid);

  describe('over a field that cannot be changed', () => {
    const service = (spec: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const selecting = (app: string) => ({
      selector: { matchLabels: { app } },
      template: { ...template(), metadata: { labels: { app } } },
    });
    const secret = (type: string): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type });
    const binding = (name: string): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: 'owner', namespace }],
    });
    const cases: readonly [string, ResourceKind, () => KubeObject, () => KubeObject][] = [
      [
        'the template of a Job',
        JOBS,
        () =>
          workload('Job', 'j', { suspend: true, template: { spec: { ...template().spec, restartPolicy: 'Never' } } }),
        () =>
          workload('Job', 'j', {
            suspend: true,
            template: { spec: { ...template({ image: 'example.com/c:2' }).spec, restartPolicy: 'Never' } },
          }),
      ],
      [
        'the selector of a Deployment',
        DEPLOYMENTS,
        () => workload('Deployment', 'd', { replicas: 0, ...selecting('x') }),
        () => workload('Deployment', 'd', { replicas: 0, ...selecting('y') }),
      ],
      [
        'the service name of a StatefulSet',
        STATEFUL_SETS,
        () => workload('StatefulSet', 's', { replicas: 0, serviceName: 'a', ...selecting('x') }),
        () => workload('StatefulSet', 's', { replicas: 0, serviceName: 'b', ...selecting('x') }),
      ],
      ['the address of a Service', SERVICES, () => service({}), () => service({ clusterIP: 'None' })],
      ['the type of a Secret', SECRETS, () => secret('example.com/a'), () => secret('example.com/b')],
      [
        'an immutable ConfigMap',
        CONFIG_MAPS,
        () => ({ ...map('m', { k: '1' }), immutable: true }),
        () => ({ ...map('m', { k: '2' }), immutable: true }),
      ],
      ['the role of a RoleBinding', ROLE_BINDINGS, () => binding('view'), () => binding('edit')],
    ];
    for (const [what, resource, before, after] of cases) {
      it(`makes it anew: ${what}`, async () => {
        const [old] = (await applier().apply([before()], owner)).live;
        const { live, replaced, terminating } = await applier().apply([after()], owner);
        expect([replaced.length, live.length, terminating.length]).to.deep.equal([1, 1, 0]);
        expect(uids(replaced)).to.deep.equal([old?.metadata.uid]);
        const stored = await at(resource, old?.metadata.name ?? '');
        expect(stored?.metadata.uid).to.equal(live[0]?.metadata.uid).and.not.equal(old?.metadata.uid);

        const again = await applier().apply([after()], owner);
        expect([again.written.length, again.replaced.length]).to.deep.equal([0, 0]);
      });
    }

    it('waits for an old one that somebody still holds', async () => {
      const held = (k: string) => ({ ...map('m', { k }, { finalizers: ['example.com/hold'] }), immutable: true });
      await applier().apply([held('1')], owner);
      const { live, terminating } = await applier().apply([held('2')], owner);
      expect([live.length, terminating.length]).to.deep.equal([0, 1]);
      await ground.client.merge(CONFIG_MAPS, namespace, 'm', { metadata: { finalizers: null } });
      await ground.until(() => cache.informer(CONFIG_MAPS).get(namespace, 'm') === undefined);
      expect((await applier().apply([held('2')], owner)).live[0]?.data).to.deep.equal({ k: '2' });
      await ground.client.merge(CONFIG_MAPS, namespace, 'm', { metadata: { finalizers: null } });
    });

    it('keeps the old one, and says what was refused, when it is told to, or when the new one is wrong besides', async () => {
      const sealed = (k: string) => ({ ...map('m', { k }), immutable: true });
      const [old] = (await applier().apply([sealed('1')], owner)).live;
      expect(
        await applier({ replace: replaceNothing })
          .apply([sealed('2')], owner)
          .catch(String),
      ).to.match(/immutable/);
      const wrong = { ...sealed('2'), data: { 'not a key': 'x' } };
      expect(await applier().apply([wrong], owner).catch(String)).to.match(/not a key/);
      expect((await at(CONFIG_MAPS, 'm'))?.metadata.uid).to.equal(old?.metadata.uid);
    });

    it('never throws away what a PersistentVolumeClaim holds', () => {
      const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'p', namespace } };
      const causes = [{ field: 'spec.accessModes', message: 'field is immutable' }];
      expect(replaceImmutable(claim, claim, causes)).to.equal(undefined);
    });
  });

  describe('over what was first written by updates', () => {
    const written = (fieldManager: string, data: object) =>
      ground.client.create(CONFIG_MAPS, map('m', data, { namespace }), { fieldManager });
    const data = async () => (await at(CONFIG_MAPS, 'm'))?.data;
    const seen = () => ground.until(() => cache.informer(CONFIG_MAPS).get(namespace, 'm') !== undefined);

    it('removes what an older version of the operator wrote and this one does not render', async () => {
      const bringer = applier();
      await written('suite', { ours: '1', dropped: 'x' });
      await seen();
      await bringer.apply([map('m', { ours: '2' })], owner);
      expect(await data()).to.deep.equal({ ours: '2' });
    });

    it('removes what another operator wrote, once it is told that it stands in for that one', async () => {
      const patient = applier();
      await written('predecessor', { ours: '1', dropped: 'x' });
      await ground.client.merge(
        CONFIG_MAPS,
        namespace,
        'm',
        { data: { users: 'mine' } },
        { fieldManager: 'kubectl-edit' },
      );
      await seen();
      await patient.apply([map('m', { ours: '2' })], owner);
      expect(await data()).to.deep.equal({ ours: '2', dropped: 'x', users: 'mine' });

      await ground.client.delete(CONFIG_MAPS, namespace, 'm');
      await ground.until(() => cache.informer(CONFIG_MAPS).get(namespace, 'm') === undefined);
      await written('predecessor', { ours: '1', dropped: 'x' });
      await ground.client.merge(
        CONFIG_MAPS,
        namespace,
        'm',
        { data: { users: 'mine' } },
        { fieldManager: 'kubectl-edit' },
      );
      await seen();
      await applier({ migrateFrom: ['suite', 'predecessor'] }).apply([map('m', { ours: '2' })], owner);
      expect(await data()).to.deep.equal({ ours: '2', users: 'mine' });
    });
  });

  describe('over what it made itself by a create', () => {
    const ours = async (resource: ResourceKind, name: string) => {
      const live = await at(resource, name);
      const { managedFields = [] } = (live?.metadata ?? {}) as { managedFields?: readonly Owned[] };
      return managedFields.filter(({ manager }) => manager === 'suite').map(({ operation }) => operation);
    };
    type Owned = { readonly manager: string; readonly operation: string };
    const job = (suspend: boolean, more: object = {}) => {
      const { spec } = template();
      return workload('Job', 'j', { suspend, template: { spec: { ...spec, restartPolicy: 'Never' } }, ...more });
    };
    const deployment = (more: object) =>
      workload('Deployment', 'd', { replicas: 0, selector: { matchLabels: { app: 'x' } }, template: template(more) });
    const service = (spec: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { selector: { app: 'x' }, ...spec },
    });
    const stateful = (more: object) => {
      const selector = { matchLabels: { app: 'x' } };
      return workload('StatefulSet', 'f', { replicas: 0, serviceName: 'f', selector, template: template(more) });
    };
    const env = (...names: string[]) => ({ env: names.map((name) => ({ name, value: '1' })) });
    /** What is rendered first and then, and what is gone then: a path into the stored object. */
    const cases: readonly [string, ResourceKind, KubeObject, KubeObject, (live: KubeObject) => unknown, unknown][] = [
      [
        'a key of a ConfigMap',
        CONFIG_MAPS,
        map('m', { k: '1', dropped: 'x' }),
        map('m', { k: '1' }),
        ({ data }) => data,
        { k: '1' },
      ],
      [
        'a variable of a Deployment',
        DEPLOYMENTS,
        deployment(env('A', 'DROPPED')),
        deployment(env('A')),
        (live) => container(live).env,
        env('A').env,
      ],
      [
        'the arguments in a StatefulSet',
        STATEFUL_SETS,
        stateful({ args: ['x'], ...env('A') }),
        stateful(env('A')),
        (live) => container(live).args,
        undefined,
      ],
      [
        'a port of a Service',
        SERVICES,
        service({
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        }),
        service({ ports: [{ name: 'a', port: 80 }] }),
        ({ spec }) => (spec as { ports: { port: number }[] }).ports.map(({ port }) => port),
        [80],
      ],
      [
        'the deadline of a Job, which goes on',
        JOBS,
        job(true, { activeDeadlineSeconds: 100 }),
        job(true),
        ({ spec }) => (spec as { activeDeadlineSeconds?: number }).activeDeadlineSeconds,
        undefined,
      ],
    ];
    const container = ({ spec }: KubeObject) =>
      (spec as { template: { spec: { containers: readonly [Record<string, unknown>] } } }).template.spec.containers[0];

    for (const [what, resource, before, after, part, left] of cases) {
      it(`takes away what it renders no longer, and owns the rest by one entry: ${what}`, async () => {
        const [made] = (await applier().apply([before], owner)).written;
        const { name, uid } = made?.metadata ?? { name: '' };
        expect(await ours(resource, name)).to.deep.equal(['Update']);
        expect((await applier().apply([before], owner)).written, 'made and not changed').to.deep.equal([]);

        const { replaced } = await applier().apply([after], owner);
        expect(replaced).to.deep.equal([]);
        const live = (await at(resource, name)) as KubeObject;
        expect(live.metadata.uid).to.equal(uid);
        expect(part(live)).to.deep.equal(left);
        expect(await ours(resource, name)).to.deep.equal(['Apply']);
        expect((await applier().apply([after], owner)).written, 'and nothing more').to.deep.equal([]);
      });
    }

    it('refuses a field that the server does not know, and makes nothing', async () => {
      const error = await applier()
        .apply([{ ...map('m', {}), nonsense: { x: 1 } }], owner)
        .catch(String);
      expect(error).to.match(/nonsense/);
      expect(await at(CONFIG_MAPS, 'm')).to.equal(undefined);
    });

    it('refuses a list with a key twice, as an apply does, and makes nothing', async () => {
      const twice = applier()
        .apply([deployment({ ...env('A', 'A') })], owner)
        .catch(String);
      expect(await twice).to.match(/duplicate/i);
      expect(await at(DEPLOYMENTS, 'd')).to.equal(undefined);
    });

    it('leaves what others wrote of it', async () => {
      await applier().apply([map('m', { k: '1', dropped: 'x' })], owner);
      const theirs = { data: { users: 'mine' }, metadata: { labels: { team: 'x' } } };
      await ground.client.merge(CONFIG_MAPS, namespace, 'm', theirs, { fieldManager: 'kubectl-edit' });
      await applier().apply([map('m', { k: '2' })], owner);
      const live = await at(CONFIG_MAPS, 'm');
      expect(live?.data).to.deep.equal({ k: '2', users: 'mine' });
      expect(live?.metadata.labels).to.deep.equal({ team: 'x' });
    });
  });

  it('neither writes nor removes what it is told to keep', async () => {
    const bringer = applier();
    const first = map('kept', { k: '1' });
    await bringer.apply([first, map('other', {})], owner);
    const { written, removed } = await bringer.apply([], owner, { keep: [first] });
    expect(written).to.deep.equal([]);
    expect(removed.map(({ metadata }) => metadata.name)).to.deep.equal(['other']);
    expect((await at(CONFIG_MAPS, 'kept'))?.data).to.deep.equal({ k: '1' });
    expect((await bringer.apply([], owner)).removed.map(({ metadata }) => metadata.name)).to.deep.equal(['kept']);
  });

  describe('that watches only what carries its label', () => {
    const labels = { 'example.com/part-of': 'w' };
    const select = { labelSelector: 'example.com/part-of' };
    const ours = (name: string, value: string) => map(name, { k: value }, { labels });

    it('makes, keeps and removes as one that watches all, and holds nothing else in memory', async () => {
      await ground.client.create(CONFIG_MAPS, map('strange', {}, { namespace }));
      const bringer = applier(select);
      await bringer.apply([ours('a', '1'), ours('b', '1')], owner);
      expect((await bringer.apply([ours('a', '1'), ours('b', '1')], owner)).written).to.be.empty;
      const { removed } = await bringer.apply([ours('a', '2')], owner);
      expect(removed.map(({ metadata }) => metadata.name)).to.deep.equal(['b']);
      const held = cache.informer(CONFIG_MAPS, select);
      await ground.until(() => held.get(namespace, 'b') === undefined && held.get(namespace, 'a')?.data !== undefined);
      expect(held.list(namespace).map(({ metadata }) => metadata.name)).to.deep.equal(['a']);
    });

    it('refuses what belongs to another, though it cannot see it', async () => {
      const other = await ground.client.create(ACCOUNTS, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'other', namespace },
      });
      await applier().apply([map('taken', { k: 'theirs' })], other);
      const refused = await applier(select)
        .apply([ours('taken', 'ours')], owner)
        .catch(String);
      expect(refused).to.match(/ConfigMap taken belongs to ServiceAccount other; ServiceAccount owner needs one/);
      expect((await at(CONFIG_MAPS, 'taken'))?.data).to.deep.equal({ k: 'theirs' });
    });

    it('puts the label back when somebody takes it away', async () => {
      const bringer = applier(select);
      await bringer.apply([ours('a', '1')], owner);
      const held = cache.informer(CONFIG_MAPS, select);
      await ground.until(() => held.get(namespace, 'a') !== undefined);
      await ground.client.merge(CONFIG_MAPS, namespace, 'a', { metadata: { labels: { 'example.com/part-of': null } } });
      await ground.until(() => held.get(namespace, 'a') === undefined);
      await bringer.apply([ours('a', '1')], owner);
      expect((await at(CONFIG_MAPS, 'a'))?.metadata.labels).to.deep.equal(labels);
    });

    it('refuses to make what it would never find again', async () => {
      expect(
        await applier(select)
          .apply([map('a', {})], owner)
          .catch(String),
      ).to.match(/ConfigMap a does not carry the labels 'example.com\/part-of'/);
    });
  });

  describe('for objects that cannot have an owner reference', () => {
    const ownerLabel = 'example.com/owner';
    const role = (): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `${namespace}-role` },
      rules: [],
    });
    const stored = () => ground.client.get(CLUSTER_ROLES, undefined, `${namespace}-role`);

    it('marks them by label, finds them again, and removes them when nothing is rendered', async () => {
      await applier({ ownerLabel }).apply([role()], owner);
      const made = await stored();
      expect(made?.metadata.labels).to.deep.equal({ [ownerLabel]: owner.metadata.uid });
      expect(made?.metadata.ownerReferences).to.equal(undefined);
      expect(made && labelledOwner(made)).to.deep.equal({ kind: 'ServiceAccount', namespace, name: 'owner' });
      await ground.until(() => cache.informer(CLRS).get(undefined, `${namespace}-role`) !== undefined);

      expect((await applier({ ownerLabel }).apply([role()], owner)).written).to.be.empty;
      expect((await applier({ ownerLabel }).apply([], owner)).removed).to.have.length(1);
      expect(await stored()).to.equal(undefined);
    });
    const CLRS = CLUSTER_ROLES;

    it('refuses one that is marked as somebody else’s', async () => {
      await applier({ ownerLabel }).apply([role()], owner);
      const other = await ground.client.create(ACCOUNTS, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'other', namespace },
      });
      expect(await applier({ ownerLabel }).apply([role()], other).catch(String)).to.match(
        /ClusterRole .* belongs to ServiceAccount owner; ServiceAccount other needs one/,
      );
      await ground.client.delete(CLUSTER_ROLES, undefined, `${namespace}-role`);
    });
  });
}
