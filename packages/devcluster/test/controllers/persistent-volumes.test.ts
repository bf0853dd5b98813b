import { type KubeObject, kinds, type PersistentVolume, type PersistentVolumeClaim } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, aStatefulSet, World } from '../support/world.js';

const aClaim = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
});
const aVolume = (name: string, storage: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage }, hostPath: { path: '/data' }, ...spec },
});
const aClass = (name: string, more: object = {}, annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name, annotations },
  provisioner: 'disk.example.com',
  ...more,
});

describe('PersistentVolumeClaims', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.stop());
  const claim = (name: string): Promise<PersistentVolumeClaim> => world.get(kinds.persistentVolumeClaims, name);
  const volume = (name: string): Promise<PersistentVolume> => world.get(kinds.persistentVolumes, name, undefined);

  it('are bound to the smallest volume that fits, both ends', async () => {
    for (const [name, size] of [
      ['small', '1Gi'],
      ['large', '50Gi'],
      ['right', '10Gi'],
    ] as const) {
      await world.created(kinds.persistentVolumes, aVolume(name, size));
    }
    expect((await volume('right')).status?.phase).to.equal('Available');
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: '' }));
    const bound = await claim('data');
    expect(bound.spec.volumeName).to.equal('right');
    expect(bound.status).to.deep.equal({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '10Gi' },
    });
    const right = await volume('right');
    expect(right.status?.phase).to.equal('Bound');
    expect(right.spec.claimRef).to.deep.include({ namespace: 'default', name: 'data', uid: bound.metadata.uid });
    expect((await volume('large')).status?.phase).to.equal('Available');
  });

  it('pass over volumes of another class, mode, or label, and wait saying why', async () => {
    await world.created(kinds.persistentVolumes, aVolume('other-class', '10Gi', { storageClassName: 'fast' }));
    await world.created(kinds.persistentVolumes, aVolume('read-only', '10Gi', { accessModes: ['ReadOnlyMany'] }));
    await world.created(kinds.persistentVolumes, aVolume('block', '10Gi', { volumeMode: 'Block' }));
    const picky = { storageClassName: '', selector: { matchLabels: { zone: 'a' } } };
    await world.created(kinds.persistentVolumeClaims, aClaim('data', picky));
    expect((await claim('data')).status?.phase).to.equal('Pending');
    expect(await world.events('data')).to.deep.equal([
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ]);
    const late = aVolume('late', '10Gi');
    late.metadata.labels = { zone: 'a' };
    await world.created(kinds.persistentVolumes, late);
    expect((await claim('data')).spec.volumeName).to.equal('late');
  });

  it('are provisioned by their class, or by the default one', async () => {
    await world.created(
      kinds.storageClasses,
      aClass('fast', {}, { 'storageclass.kubernetes.io/is-default-class': 'true' }),
    );
    await world.created(kinds.persistentVolumeClaims, aClaim('named', { storageClassName: 'fast' }));
    await world.created(kinds.persistentVolumeClaims, aClaim('default'));
    for (const name of ['named', 'default']) {
      const bound = await claim(name);
      expect(bound.status?.phase).to.equal('Bound');
      expect(bound.spec).to.include({ storageClassName: 'fast', volumeName: `pvc-${bound.metadata.uid}` });
      expect((await volume(bound.spec.volumeName ?? '')).spec).to.include({ persistentVolumeReclaimPolicy: 'Delete' });
      expect(await world.events(name)).to.deep.equal([
        `ProvisioningSucceeded: Successfully provisioned volume pvc-${bound.metadata.uid}`,
      ]);
    }
  });

  it('of a class that is not there wait until it is', async () => {
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: 'fast' }));
    expect(await world.events('data')).to.deep.equal([
      'ProvisioningFailed: storageclass.storage.k8s.io "fast" not found',
    ]);
    await world.created(kinds.storageClasses, aClass('fast'));
    expect((await claim('data')).status?.phase).to.equal('Bound');
  });

  it('of a class that waits for its first consumer wait for a pod on a node', async () => {
    await world.created(kinds.storageClasses, aClass('late', { volumeBindingMode: 'WaitForFirstConsumer' }));
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: 'late' }));
    await world.advance(600);
    expect((await claim('data')).status?.phase).to.equal('Pending');
    expect(await world.events('data')).to.deep.equal([
      'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ]);
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    await world.created(kinds.pods, aPod('user', { volumes }));
    expect((await claim('data')).status?.phase).to.equal('Bound');
  });

  it('leave their volume behind as its policy says: gone with Delete, released with Retain and not given to the next', async () => {
    await world.created(kinds.persistentVolumeClaims, aClaim('made'));
    const made = await claim('made');
    await world.deleted(kinds.persistentVolumeClaims, made);
    expect(await world.find(kinds.persistentVolumes, made.spec.volumeName ?? '', undefined)).to.equal(undefined);

    await world.created(kinds.persistentVolumes, aVolume('kept', '10Gi'));
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: '' }));
    await world.deleted(kinds.persistentVolumeClaims, await claim('data'));
    expect((await volume('kept')).status?.phase).to.equal('Released');
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: '' }));
    expect((await claim('data')).status?.phase).to.equal('Pending');
    await world.patched(kinds.persistentVolumes, await volume('kept'), { spec: { claimRef: null } });
    expect((await claim('data')).spec.volumeName).to.equal('kept');
  });

  it('are lost with their volume', async () => {
    await world.created(kinds.persistentVolumes, aVolume('kept', '10Gi'));
    await world.created(kinds.persistentVolumeClaims, aClaim('data', { storageClassName: '' }));
    await world.deleted(kinds.persistentVolumes, await volume('kept'));
    expect((await claim('data')).status?.phase).to.equal('Lost');
  });

  it('of a StatefulSet are made, bound, and found again by the pod that comes back', async () => {
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: aClaim('data').spec }];
    await world.created(kinds.statefulSets, aStatefulSet('db', { replicas: 2, volumeClaimTemplates }));
    await world.advance(30);
    const claims = await world.all(kinds.persistentVolumeClaims);
    expect(claims.map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)).to.deep.equal([
      'data-db-0 Bound',
      'data-db-1 Bound',
    ]);
    await world.deleted(kinds.pods, await world.get(kinds.pods, 'db-1'));
    await world.advance(60);
    const [data] = (await world.get(kinds.pods, 'db-1')).spec.volumes ?? [];
    expect(data?.persistentVolumeClaim?.claimName).to.equal('data-db-1');
    expect(await world.all(kinds.persistentVolumes)).to.have.length(2);
  });
});
