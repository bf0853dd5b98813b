import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeObject, NODES, PODS, WORKSPACES } from '@kaito-sdk/core';
import { DevCluster } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { CHART, HelmRelease } from '../dist/helm-release.js';
import { OperatorProcess } from '../dist/operator-process.js';
import { programs } from '../dist/programs.js';
import { SimulatedCloud } from '../dist/simulated-cloud.js';

const T4 = 'Standard_NC4as_T4_v3';
const SHOWN = { cpu: '24', memory: '220Gi', pods: '110', 'ephemeral-storage': '1000Gi', 'nvidia.com/gpu': '1' };

/** The chart with one provisioner, installed on a real API server, and the operator with the rights of that chart and no others. */
class Installation {
  private constructor(
    readonly plane: ControlPlane,
    private readonly release: HelmRelease,
    private readonly kubelets: SimulatedCloud,
    readonly operator: OperatorProcess,
    private readonly user: string,
  ) {}

  static async start(namespace: string, config: object): Promise<Installation> {
    const plane = await ControlPlane.start({
      controllerManager: true,
      scheduler: true,
      audit: true,
      admission: ['OwnerReferencesPermissionEnforcement'],
    });
    // Only its kubelets are of use here: they watch beside the pods a kind that must be there for that.
    const crd = join(programs()['karpenter-crds'], 'karpenter.sh_nodeclaims.yaml');
    expect(await plane.kubectl(['apply', '--server-side', '-f', crd])).to.include({ code: 0 });
    const kubelets = new SimulatedCloud(plane.connect());
    await kubelets.start();
    const release = new HelmRelease(plane, namespace);
    const [httpPort = 0] = await freePorts(1);
    await release.said(['install', 'kaito', CHART, '--create-namespace'], {
      replicas: 0,
      webhooks: { enabled: false },
      devicePlugin: { mode: 'none' },
      config: { ...config, http: { port: httpPort, host: '127.0.0.1' }, webhooks: { enabled: false } },
    });
    const operator = await OperatorProcess.start(plane, {
      namespace,
      serviceAccount: 'kaito',
      configMap: 'kaito',
      httpPort,
    });
    return new Installation(plane, release, kubelets, operator, `system:serviceaccount:${namespace}:kaito`);
  }

  async serve(): Promise<void> {
    await this.plane.client.create(WORKSPACES, {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name: 'phi', namespace: 'default' },
      resource: { instanceType: T4, labelSelector: { matchLabels: { apps: 'phi' } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
    } as KubeObject);
    await eventually(async () => {
      const live = await this.plane.client.get(WORKSPACES, 'default', 'phi');
      const { conditions = [] } = (live?.status ?? {}) as { conditions?: { type: string; status: string }[] };
      const ready = conditions.find(({ type }) => type === 'WorkspaceReady');
      expect(ready, this.operator.log().split('\n').slice(-5).join('\n')).to.include({ status: 'True' });
    });
  }

  /** Until the Workspace is gone, finalizer and all. */
  async end(): Promise<void> {
    await this.plane.client.delete(WORKSPACES, 'default', 'phi');
    await eventually(async () => expect(await this.plane.client.get(WORKSPACES, 'default', 'phi')).to.equal(undefined));
  }

  /** What the operator asked the API server for, `verb resource.group`, and what of it was forbidden. */
  rights(): { readonly used: ReadonlySet<string>; readonly forbidden: readonly string[] } {
    const asked = this.plane.requests().filter(({ user }) => user === this.user);
    const right = ({ verb, resource, subresource, group }: (typeof asked)[number]) =>
      `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}.${group}`;
    return { used: new Set(asked.map(right)), forbidden: asked.filter(({ status }) => status === 403).map(right) };
  }

  async stop(): Promise<void> {
    await this.operator.stop();
    await this.release.stop();
    await this.kubelets.stop();
    await this.plane.stop();
  }
}

/** A Node that is Ready with its GPU, as a kubelet would say. */
async function joinCluster(
  plane: ControlPlane,
  { metadata, spec }: { metadata: KubeObject['metadata']; spec?: unknown },
): Promise<void> {
  const { name, labels = {} } = metadata;
  await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec });
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' };
  const status = {
    capacity: SHOWN,
    allocatable: SHOWN,
    conditions: [{ ...ready, lastTransitionTime: at, lastHeartbeatTime: at }],
    nodeInfo: { kubeletVersion: 'v1.34.4' },
  };
  await plane.client.merge(NODES, undefined, name, { status }, { subresource: 'status' });
}

describe('the role of the chart, with nodes of one’s own', function () {
  this.timeout(300_000);
  let installed: Installation;
  after(() => installed?.stop());

  it('is enough to claim a node, to serve on it and to give it back; the right to mark nodes is used', async () => {
    installed = await Installation.start('kaito-byo', { provisioner: 'byo' });
    const labels = { apps: 'phi', 'node.kubernetes.io/instance-type': T4, 'kubernetes.io/hostname': 'own' };
    await joinCluster(installed.plane, { metadata: { name: 'own', labels }, spec: {} });
    await installed.serve();
    const [pod] = (await installed.plane.client.list(PODS, { namespace: 'default' })).items;
    expect(pod?.spec).to.include({ nodeName: 'own' });
    await installed.end();
    const [node] = (await installed.plane.client.list(NODES)).items;
    expect(JSON.stringify(node?.metadata)).to.not.include('byo.kaito-sdk.dev');
    const { used, forbidden } = installed.rights();
    expect(forbidden).to.deep.equal([]);
    expect([...used])
      .to.include('patch nodes.')
      .and.not.include('delete nodes.');
  });
});

describe('the role of the chart, with agent pools of AKS', function () {
  this.timeout(300_000);
  let installed: Installation;
  let azure: DevCluster;
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-e2e-azure-'));
  });
  after(async () => {
    await installed?.stop();
    await azure?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is enough to make a pool, to serve on its node and to give it back; the right to delete nodes is used', async () => {
    azure = await DevCluster.start({
      arm: { instances: { [T4]: { cpu: 24, memory: '220Gi', gpus: 1, ephemeralStorage: '1000Gi' } } },
    });
    const arm = azure.arm!;
    const { url, caPem } = await arm.listen();
    writeFileSync(join(folder, 'ca.pem'), caPem);
    writeFileSync(join(folder, 'token'), 'a service account token');
    installed = await Installation.start('kaito-aks', {
      provisioner: 'aks',
      config: {
        '@kaito-sdk/provider-aks': {
          subscriptionId: arm.cluster.subscriptionId,
          resourceGroup: arm.cluster.resourceGroup,
          clusterName: arm.cluster.name,
          tenantId: '00000000-0000-0000-0000-00000000aaaa',
          clientId: '00000000-0000-0000-0000-00000000bbbb',
          federatedTokenFile: join(folder, 'token'),
          endpoint: url,
          authorityHost: url,
          caFile: join(folder, 'ca.pem'),
        },
      },
    });
    // The machine registers with the real API server; when Azure takes it away its Node stays, as it does on AKS.
    const joining: Promise<void>[] = [];
    const unwatch = azure.client.watch(NODES, {}, ({ type, object }) => {
      if (type === 'ADDED')
        joining.push(joinCluster(installed.plane, object as { metadata: KubeObject['metadata']; spec?: unknown }));
    });
    await installed.serve();
    expect((await installed.plane.client.list(NODES)).items.map(({ metadata }) => metadata.name)).to.deep.equal(
      (await azure.client.list(NODES)).items.map(({ metadata }) => metadata.name),
    );
    await installed.end();
    unwatch();
    await Promise.all(joining);
    expect((await azure.client.list(NODES)).items).to.deep.equal([]);
    await eventually(async () => expect((await installed.plane.client.list(NODES)).items).to.deep.equal([]));
    const { used, forbidden } = installed.rights();
    expect(forbidden).to.deep.equal([]);
    expect([...used])
      .to.include('delete nodes.')
      .and.not.include('patch nodes.');
  });
});
