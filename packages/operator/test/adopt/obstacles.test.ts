import { JOBS, type KubeObject, NODES, WORKSPACES } from '@kaito-sdk/core';
import { expect } from 'chai';
import type { KaitoAsks } from '../support/kaito-state.js';
import { KaitoWorld } from '../support/kaito-world.js';
import { NODE_CLAIMS } from '../support/world.js';

const HOUR = 3_600_000;
const T4 = 'Standard_NC4as_T4_v3';
const POOLS = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };

describe('what stands in the way of a takeover', function () {
  this.timeout(120_000);
  let kaito: KaitoWorld;
  afterEach(() => kaito.world.stop());
  const problems = async (): Promise<readonly string[]> =>
    (await kaito.adoption()).obstacles.map(({ object: { kind, name }, problem }) => `${kind} ${name}: ${problem}`);
  const serves = async (asks: KaitoAsks, ...start: Parameters<typeof KaitoWorld.start>): Promise<void> => {
    kaito = await KaitoWorld.start(...start);
    await kaito.serves(asks);
  };

  it('is a model that this operator would not run, and then nothing is begun', async () => {
    await serves({ name: 'llama', kind: 'StatefulSet', preset: 'llama-3.1-8b-instruct' });
    expect(await problems()).to.have.length(1);
    expect((await problems())[0]).to.match(/^Workspace llama: this operator would not run it: There is no preset/);
    const error = await kaito.takeOver().catch((thrown: Error) => thrown);
    expect(error)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/^Workspace default\/llama: /);
    const { metadata } = (await kaito.get({ apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace' }, 'llama'))!;
    expect(JSON.stringify(metadata.annotations)).not.to.include('adopted');
    const operator = await kaito.get(
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      'kaito-workspace',
      'kaito-workspace',
    );
    expect(operator?.spec).to.include({ replicas: 1 });
  });

  it('is another number of nodes than this operator would have', async () => {
    await serves({ name: 'phi', kind: 'Deployment' });
    await kaito.kaito.merge({ ...DEPLOYMENT }, 'default', 'phi', { spec: { replicas: 2 } });
    expect((await problems())[0]).to.match(
      /^Workspace phi: it runs on 2 nodes, and the Plan of this operator is for 1/,
    );
  });

  it('is a pod on a node that no claim stands for', async () => {
    await serves({ name: 'phi', kind: 'Deployment' });
    const label = { metadata: { labels: { 'kaito.sh/workspace': 'another' } } };
    await kaito.kaito.merge({ ...NODE_CLAIMS, kind: 'NodeClaim', namespaced: false }, undefined, 'wskaitophi0', label);
    expect((await problems())[0]).to.match(
      /^Workspace phi: its pod phi-\S+ runs on node \S+, which no NodeClaim or Machine/,
    );
  });

  it('is a claim that the configured provisioner would not see', async () => {
    await serves({ name: 'phi', kind: 'Deployment' }, { provisioner: 'byo' });
    expect(await problems()).to.deep.include(
      'NodeClaim wskaitophi0: the configured provisioner byo does not look at karpenter.sh/v1 NodeClaim: it would buy another node',
    );
  });

  it('is a NodePool of KAITO’s Karpenter mode', async () => {
    await serves({ name: 'phi', kind: 'Deployment' }, {}, {}, { staticPools: true });
    await kaito.world.cluster.client.create(POOLS, {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: {
        name: 'default-phi',
        labels: {
          'karpenter.kaito.sh/workspace-name': 'phi',
          'karpenter.kaito.sh/workspace-namespace': 'default',
        },
      },
      spec: {
        replicas: 0,
        template: {
          spec: { nodeClassRef: { group: 'other.example', kind: 'OtherClass', name: 'other' }, requirements: [] },
        },
      },
    } as never);
    expect((await problems())[0]).to.match(
      /^Workspace phi: its nodes come from NodePool default-phi of KAITO's Karpenter mode/,
    );
  });

  it('is a Workspace on its way out', async () => {
    await serves({ name: 'phi', kind: 'Deployment' });
    await kaito.admin.delete(WORKSPACES, 'default', 'phi');
    expect(await problems()).to.deep.equal(['Workspace phi: it is being deleted']);
  });

  it('is a release whose record is kept where it cannot be read', async () => {
    kaito = await KaitoWorld.start();
    const { items } = await kaito.admin.list(SECRETS, { namespace: 'kaito-workspace' });
    for (const { metadata } of items) await kaito.admin.delete(SECRETS, metadata.namespace, metadata.name);
    expect((await problems())[0]).to.match(
      /belongs to the Helm release kaito-workspace\/kaito-workspace, of which there is no Secret/,
    );
  });
});

const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const SECRETS = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

describe('a takeover of nodes of one’s own', function () {
  this.timeout(120_000);

  it('writes down whose GPUs are in use, and buys nothing', async () => {
    const labels = { apps: 'phi', 'node.kubernetes.io/instance-type': T4 };
    const shape = { cpu: 32, memory: '256Gi', gpus: 1, ephemeralStorage: '1Ti' };
    const nodes = ['own-a', 'own-b'].map((name) => ({ name, labels, shape }));
    const kaito = await KaitoWorld.start({ provisioner: 'byo' }, { nodes });
    try {
      await kaito.serves({ name: 'phi', kind: 'StatefulSet', own: true });
      const before = await kaito.living();
      const [pod] = await kaito.pods('phi');
      await kaito.takeOver();
      await kaito.world.operate();
      await kaito.world.clock.advance(HOUR);
      expect(await kaito.world.condition('WorkspaceReady', 'phi')).to.include({ status: 'True' });
      expect(await kaito.living()).to.deep.equal(before);
      const claimed = (await kaito.admin.list(NODES)).items.filter((node) =>
        JSON.stringify(node).includes('byo.kaito-sdk.dev'),
      );
      expect(claimed.map(({ metadata }) => metadata.name)).to.deep.equal([
        (pod!.spec as { nodeName: string }).nodeName,
      ]);
      expect((await kaito.adoption()).changes.filter(({ action }) => action !== 'none')).to.deep.equal([]);
    } finally {
      await kaito.world.stop();
    }
  });
});

describe('a takeover of a tuning', function () {
  this.timeout(120_000);
  const tuning = {
    preset: { name: 'phi-3-mini-4k-instruct' },
    method: 'qlora',
    input: { urls: ['https://example.com/data.parquet'] },
    output: { image: 'registry.example.com/out:1', imagePushSecret: 'push' },
  };
  const instanceType = 'Standard_NC24ads_A100_v4';
  let kaito: KaitoWorld;
  afterEach(() => kaito.world.stop());
  const job = async (): Promise<KubeObject | undefined> => (await kaito.admin.list(JOBS)).items[0];

  it('lets it run to its end, and does not run it again', async () => {
    kaito = await KaitoWorld.start();
    await kaito.serves({ name: 'tune', kind: 'Job', tuning, instanceType });
    const uid = (await job())?.metadata.uid;
    await kaito.takeOver();
    await kaito.world.operate();
    await kaito.world.clock.advance(10 * 60_000);
    expect((await kaito.admin.list(JOBS)).items.map(({ metadata }) => metadata.uid)).to.deep.equal([uid]);
    expect(await kaito.world.condition('JobStarted', 'tune')).to.include({ status: 'True' });
  });

  it('says of one that has ended that its node goes, unless it is to be kept', async () => {
    const script = () => ({ exit: { after: 60_000, code: 0 } });
    kaito = await KaitoWorld.start({}, { script });
    await kaito.serves({ name: 'tune', kind: 'Job', tuning, instanceType });
    await kaito.world.clock.advance(120_000);
    const { notes, obstacles } = await kaito.adoption();
    expect(obstacles).to.deep.equal([]);
    expect(notes.join()).to.match(
      /tuning default\/tune has ended: this operator gives its node back .*keep-nodes=true/,
    );
    const uid = (await job())?.metadata.uid;
    await kaito.takeOver();
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    expect(await kaito.world.condition('WorkspaceSucceeded', 'tune')).to.include({ status: 'True' });
    expect((await job())?.metadata.uid).to.equal(uid);
    expect(await kaito.world.names(NODE_CLAIMS)).to.deep.equal([]);
  });
});
