import { ApiServer, type KubeObject, kinds, type Pod, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ConfigLookup, MissingConfig } from '../../dist/kubelet/config-lookup.js';
import { expand, resolveEnv } from '../../dist/kubelet/env.js';
import { resolveVolumes } from '../../dist/kubelet/volumes.js';
import { aPod, container } from '../support/world.js';

const config = (kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default' },
  data,
});

describe('what a container is given', () => {
  let lookup: ConfigLookup;
  const pod: Pod = aPod(
    'a',
    { nodeName: 'node-1', serviceAccountName: 'robot' },
    { uid: 'u-1', labels: { app: 'web', tier: 'front' }, annotations: { note: 'hi' } },
  );
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    status: { allocatable: { cpu: '6', memory: '8Gi' } },
  };
  const source = { pod, podIP: '10.244.0.9', node };

  before(async () => {
    const { client } = new ApiServer({ clock: new VirtualClock() });
    await client.create(kinds.configMaps, config('ConfigMap', 'settings', { color: 'green', size: 'L' }));
    await client.create(
      kinds.secrets,
      config('Secret', 'token', { HF_TOKEN: Buffer.from('s3cret').toString('base64') }),
    );
    lookup = new ConfigLookup(client, 'default', async (namespace, account) =>
      account === 'robot' ? `token of ${namespace}/robot` : undefined,
    );
  });

  const env = (...list: object[]) => resolveEnv(container({ env: list as never }), source, lookup);

  it('has plain values, and its own host name', async () => {
    expect(await env({ name: 'A', value: '1' }, { name: 'EMPTY' })).to.deep.equal({ HOSTNAME: 'a', A: '1', EMPTY: '' });
  });

  it('expands what was set before, keeps what it does not know, and unescapes $$', async () => {
    const found = await env(
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)-$(LATER)-$$(A)' },
      { name: 'LATER', value: '2' },
    );
    expect(found.B).to.equal('1-$(LATER)-$(A)');
    expect(expand('--port=$(PORT)', { PORT: '5000' })).to.equal('--port=5000');
  });

  for (const [path, value] of [
    ['metadata.name', 'a'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['app']", 'web'],
    ["metadata.labels['none']", ''],
    ["metadata.annotations['note']", 'hi'],
    ['spec.nodeName', 'node-1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '10.244.0.9'],
    ['status.hostIP', '127.0.0.1'],
  ] as const) {
    it(`knows the field ${path}`, async () => {
      expect((await env({ name: 'X', valueFrom: { fieldRef: { fieldPath: path } } })).X).to.equal(value);
    });
  }

  it('knows resources by divisor, rounded up, and the size of the node where there is no limit', async () => {
    const own = container({ resources: { limits: { memory: '1500Mi' }, requests: { cpu: '250m' } } });
    const ask = (resource: string, divisor?: string) => ({
      name: resource,
      valueFrom: { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } },
    });
    const list = [ask('limits.memory', '1Gi'), ask('requests.cpu', '1m'), ask('limits.cpu')];
    const found = await resolveEnv({ ...own, env: list }, source, lookup);
    expect(found).to.include({ 'limits.memory': '2', 'requests.cpu': '250', 'limits.cpu': '6' });
  });

  it('takes keys out of ConfigMaps and decoded Secrets', async () => {
    const found = await env(
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'HF_TOKEN' } } },
    );
    expect(found).to.include({ COLOR: 'green', TOKEN: 's3cret' });
  });

  it('leaves out what is optional and not there', async () => {
    const found = await env(
      { name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'k', optional: true } } },
      { name: 'B', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
    );
    expect(found).to.deep.equal({ HOSTNAME: 'a' });
  });

  it('says which key is missing, in the words of the kubelet', async () => {
    const message = await env({ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'shape' } } }).then(
      () => 'none',
      (error: unknown) => (error instanceof MissingConfig ? error.message : 'other'),
    );
    expect(message).to.equal("couldn't find key shape in ConfigMap default/settings");
  });

  it('takes whole ConfigMaps with a prefix, overridden by what is named', async () => {
    const own = container({
      envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
      env: [{ name: 'S_size', value: 'XL' }],
    });
    expect(await resolveEnv(own, source, lookup)).to.deep.equal({ HOSTNAME: 'a', S_color: 'green', S_size: 'XL' });
  });

  const volumes = async (...list: object[]) => {
    const found = await resolveVolumes({ ...pod, spec: { ...pod.spec, volumes: list as never } }, source, lookup);
    return found.map((volume) => ({
      ...volume,
      files: Object.fromEntries([...volume.files].map(([path, bytes]) => [path, bytes.toString()])),
    }));
  };

  it('has ConfigMaps and Secrets as files, whole or by item', async () => {
    expect(
      await volumes({ name: 'c', configMap: { name: 'settings' } }, { name: 's', secret: { secretName: 'token' } }),
    ).to.deep.equal([
      { name: 'c', source: 'configMap', files: { color: 'green', size: 'L' } },
      { name: 's', source: 'secret', files: { HF_TOKEN: 's3cret' } },
    ]);
    const items = [{ key: 'color', path: 'deep/color.txt' }];
    expect((await volumes({ name: 'c', configMap: { name: 'settings', items } }))[0]!.files).to.deep.equal({
      'deep/color.txt': 'green',
    });
  });

  it('has the downward API and projections as files', async () => {
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    const sources = [{ secret: { name: 'token' } }, { configMap: { name: 'settings' } }];
    const [down, projected] = await volumes(
      { name: 'd', downwardAPI: { items } },
      { name: 'p', projected: { sources } },
    );
    expect(down!.files).to.deep.equal({ labels: 'app="web"\ntier="front"' });
    expect(projected!.files).to.deep.equal({ HF_TOKEN: 's3cret', color: 'green', size: 'L' });
  });

  it('has the token of its service account, or waits for the account', async () => {
    const token = { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
    expect((await volumes(token))[0]!.files).to.deep.equal({ token: 'token of default/robot' });
    const stranger = { ...pod, spec: { ...pod.spec, serviceAccountName: 'nobody', volumes: [token] as never } };
    const message = await resolveVolumes(stranger, { ...source, pod: stranger }, lookup).then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(message).to.equal(
      'MountVolume.SetUp failed for volume "p" : failed to fetch token: serviceaccounts "nobody" not found',
    );
  });

  it('names the image of a volume', async () => {
    expect(await volumes({ name: 'm', image: { reference: 'example.dev/model:1' } })).to.deep.equal([
      { name: 'm', source: 'image', files: {}, image: 'example.dev/model:1' },
    ]);
  });

  it('knows memory, claims and paths of the node', async () => {
    const found = await volumes(
      { name: 'shm', emptyDir: { medium: 'Memory' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-0' } },
      { name: 'host', hostPath: { path: '/opt/models' } },
    );
    expect(found).to.deep.equal([
      { name: 'shm', source: 'emptyDir', files: {}, medium: 'Memory' },
      { name: 'data', source: 'persistentVolumeClaim', files: {}, claimName: 'data-0' },
      { name: 'host', source: 'hostPath', files: {}, nodePath: '/opt/models' },
    ]);
  });

  it('refuses a volume that it does not simulate by name', async () => {
    const message = await volumes({ name: 'n', nfs: { server: 'x', path: '/' } }).then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(message).to.equal('MountVolume.SetUp failed for volume "n" : volumes of kind nfs are not simulated');
  });
});
