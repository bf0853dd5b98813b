import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Condition,
  CRDS,
  DEPLOYMENTS,
  type KubeObject,
  NODES,
  PODS,
  type ResourceKind,
  STATEFUL_SETS,
  WORKSPACES,
} from '@kaito-sdk/core';
import { expect } from 'chai';
import { ControlPlane } from '../../dist/control-plane.js';
import { eventually } from '../../dist/eventually.js';
import { freePorts } from '../../dist/free-ports.js';
import { CHART, HelmRelease } from '../../dist/helm-release.js';
import { OperatorProcess } from '../../dist/operator-process.js';
import { NODE_CLAIMS, SimulatedCloud } from '../../dist/simulated-cloud.js';
import { KaitoProcess } from '../../dist/strangers/kaito-process.js';
import { kaitoChartFolder } from '../../dist/strangers/stranger-programs.js';

const MAIN = fileURLToPath(new URL('../../../packages/operator/dist/main.js', import.meta.url));
const KAITO = 'kaito-workspace';
const OURS = 'kaito-system';
const run = promisify(execFile);

/** Two models, and what KAITO 0.11 serves them with: vLLM in a StatefulSet. */
const WORKSPACE = (name: string, preset: string): object => ({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name, namespace: 'default' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: name } } },
  inference: { preset: { name: preset } },
});

interface DiskClaim {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: { readonly storageClassName: string; readonly resources: { readonly requests: object } };
}

function disk({ name, namespace, uid }: DiskClaim['metadata'], spec: DiskClaim['spec']): object {
  const { storageClassName, resources } = spec;
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
  const driver = { driver: 'localdisk.csi.acstor.io', volumeHandle: uid };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `disk-of-${name}` },
    spec: { storageClassName, capacity: resources.requests, accessModes: ['ReadWriteOnce'], claimRef, csi: driver },
  };
}

describe("a cluster on which KAITO's own operator 0.11.0 served, taken over", function () {
  this.timeout(600_000);
  let plane: ControlPlane;
  let cloud: SimulatedCloud;
  let theirs: HelmRelease;
  let ours: HelmRelease;
  let kaito: KaitoProcess | undefined;
  let operator: OperatorProcess | undefined;
  let folder: string;
  let living: readonly string[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-e2e-takeover-'));
    writeFileSync(join(folder, 'operator.yaml'), '{}\n');
    plane = await ControlPlane.start({ controllerManager: true, scheduler: true });
    theirs = new HelmRelease(plane, KAITO);
    ours = new HelmRelease(plane, OURS);
    await theirs.said(['install', KAITO, kaitoChartFolder(), '--create-namespace'], {
      localCSIDriver: { useLocalCSIDriver: false },
    });
    // Behind them there is no pod that answers, and until somebody does no Workspace can be made.
    await said('delete', 'validatingwebhookconfigurations', '--all');
    cloud = new SimulatedCloud(plane.connect());
    await cloud.start();
    kaito = await KaitoProcess.start(plane, KAITO, 'kaito-workspace-sa');
    for (const workspace of [
      WORKSPACE('phi-3', 'phi-3-mini-4k-instruct'),
      WORKSPACE('phi-long', 'phi-3-mini-128k-instruct'),
    ]) {
      await said('apply', '-f', '-', JSON.stringify(workspace));
    }
    await eventually(bindDisks);
    await eventually(async () => {
      for (const name of ['phi-3', 'phi-long']) {
        const why = `${name}: ${kaito?.log().slice(-2000)}`;
        expect((await condition(name, 'InferenceReady'))?.status, why).to.equal('True');
      }
    });
    living = await alive();
  });
  after(async () => {
    await operator?.stop();
    await kaito?.stop();
    await cloud?.stop();
    await Promise.all([theirs?.stop(), ours?.stop()]);
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** kubectl, with a last argument that begins with `{` as its standard input. */
  async function said(...args: string[]): Promise<string> {
    const stdin = args.at(-1)?.startsWith('{') ? args.pop() : undefined;
    const { code, out, err } = await plane.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
    return out;
  }
  /** What the driver of local disks does that KAITO's chart brings: a volume for each of the two claims. */
  async function bindDisks(): Promise<void> {
    const { items } = JSON.parse(await said('-n', 'default', 'get', 'pvc', '-o', 'json')) as { items: DiskClaim[] };
    expect(items).to.have.length(2);
    for (const { metadata, spec } of items) await said('apply', '-f', '-', JSON.stringify(disk(metadata, spec)));
  }
  const all = async (kind: ResourceKind): Promise<readonly KubeObject[]> =>
    (await plane.client.list(kind, kind.namespaced ? { namespace: 'default' } : {})).items;
  /** What must not be another one afterwards, in the default namespace and among the nodes. */
  const alive = async (): Promise<readonly string[]> =>
    (await Promise.all([PODS, STATEFUL_SETS, NODES, NODE_CLAIMS].map(all)))
      .flat()
      .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
      .sort();
  async function condition(name: string, type: string): Promise<Condition | undefined> {
    const live = await plane.client.get(WORKSPACES, 'default', name);
    const { conditions = [] } = (live?.status ?? {}) as { readonly conditions?: readonly Condition[] };
    return conditions.find((one) => one.type === type);
  }
  const adopt = async (...args: readonly string[]): Promise<string> => {
    const more = ['--kubeconfig', plane.kubeconfig, '--config', join(folder, 'operator.yaml'), ...args];
    return (await run(process.execPath, [MAIN, 'adopt', ...more])).stdout;
  };

  it('starts from two models that KAITO serves from StatefulSets, on a node each that KAITO claimed', async () => {
    const [sets, pods, claims] = await Promise.all([STATEFUL_SETS, PODS, NODE_CLAIMS].map(all));
    expect(sets?.map(({ metadata }) => metadata.name)).to.have.members(['phi-3', 'phi-long']);
    expect(pods?.map(({ status }) => (status as { phase: string }).phase)).to.deep.equal(['Running', 'Running']);
    expect(claims).to.have.length(2);
    expect(claims?.every(({ metadata }) => metadata.name.startsWith('ws'))).to.equal(true);
  });

  it('has nothing in the way of it, and shows each object of both', async () => {
    const { changes, obstacles } = JSON.parse(await adopt('-o', 'json'));
    expect(obstacles).to.deep.equal([]);
    const text = JSON.stringify(changes);
    for (const name of ['phi-3', 'phi-long']) expect(text).to.contain(`"${name}"`);
    expect(await alive()).to.deep.equal(living);
  });

  it("takes over while KAITO's operator runs, which ends when its Deployment is scaled down", async () => {
    const scaledDown = eventually(async () => {
      const deployment = await plane.client.get(DEPLOYMENTS, KAITO, 'kaito-workspace');
      expect(deployment?.spec).to.include({ replicas: 0 });
    });
    const adopted = adopt('--apply');
    await scaledDown;
    await kaito?.stop();
    kaito = undefined;
    await adopted;
    expect(await alive()).to.deep.equal(living);
  });

  it("loses nothing when Helm uninstalls KAITO's own chart", async () => {
    await theirs.said(['uninstall', KAITO, '--wait']);
    expect(await plane.client.get(CRDS, undefined, 'workspaces.kaito.sh')).not.to.equal(undefined);
    expect(await all(WORKSPACES)).to.have.length(2);
    expect(await alive()).to.deep.equal(living);
  });

  it('serves on under this operator, pods and nodes as they were', async () => {
    const [httpPort = 0] = await freePorts(1);
    await ours.said(['install', 'kaito', CHART, '--create-namespace'], {
      replicas: 0,
      webhooks: { enabled: false },
      devicePlugin: { mode: 'none' },
      config: { http: { port: httpPort, host: '127.0.0.1' }, webhooks: { enabled: false } },
    });
    const options = { namespace: OURS, serviceAccount: 'kaito', configMap: 'kaito', httpPort };
    operator = await OperatorProcess.start(plane, options);
    await eventually(async () => {
      for (const name of ['phi-3', 'phi-long']) {
        expect(await condition(name, 'WorkspaceReady'), name).to.include({ status: 'True' });
      }
    });
    expect(await alive()).to.deep.equal(living);
  });

  it('gives node and claim back with a Workspace that is deleted, and keeps the other', async () => {
    await said('delete', 'workspace', 'phi-long');
    await eventually(async () => {
      const left = await Promise.all([NODE_CLAIMS, NODES, PODS].map(all));
      expect(left.map(({ length }) => length)).to.deep.equal([1, 1, 1]);
    });
    expect(await condition('phi-3', 'WorkspaceReady')).to.include({ status: 'True' });
  });

  it('makes of the workload what a new Workspace would get, when it is asked to, on the node that is there', async () => {
    const [claim] = await all(NODE_CLAIMS);
    const [before] = await all(PODS);
    await said('annotate', 'workspace', 'phi-3', 'kaito.sh/adopted-spec-');
    await eventually(async () => {
      const [now] = await all(PODS);
      expect(now?.metadata.uid).not.to.equal(before?.metadata.uid);
      expect(now?.status).to.include({ phase: 'Running' });
      expect(JSON.stringify(now?.spec)).to.contain('vllm/vllm-openai').and.not.to.contain('kaito-base');
      expect(await condition('phi-3', 'WorkspaceReady')).to.include({ status: 'True' });
    });
    expect((await all(STATEFUL_SETS)).map(({ metadata }) => metadata.name)).to.deep.equal(['phi-3']);
    expect((await all(NODE_CLAIMS)).map(({ metadata }) => metadata.uid)).to.deep.equal([claim?.metadata.uid]);
  });
});
