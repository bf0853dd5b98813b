import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CRDS, DEPLOYMENTS, type KubeObject, NODES, PODS, type ResourceKind, WORKSPACES } from '@kaito-sdk/core';
import { VALIDATING_WEBHOOKS } from '@kaito-sdk/operator';
import { NODE_CLAIMS } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { stringify } from 'yaml';
import {
  createAll,
  KAITO_RELEASE,
  type KaitoAsks,
  kaitoChart,
  kaitoClaim,
  kaitoObjects,
  kaitoStatus,
  kaitoWorkspace,
} from '../../packages/operator/dist-test/support/kaito-state.js';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { freePorts } from '../dist/free-ports.js';
import { CHART, HelmRelease } from '../dist/helm-release.js';
import { Karpenter } from '../dist/karpenter.js';
import { OperatorProcess } from '../dist/operator-process.js';

const MAIN = fileURLToPath(new URL('../../packages/operator/dist/main.js', import.meta.url));
const NAMESPACE = 'kaito-system';
/** KAITO's program is called so, and the server takes that for the name of who writes. */
const KAITO = { fieldManager: 'manager' };
const KWOK = { nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' } };
const STATEFUL: KaitoAsks = { name: 'phi-new', kind: 'StatefulSet', instanceType: 'Standard_NC6s_v3' };
const DEPLOYED: KaitoAsks = { name: 'phi-old', kind: 'Deployment', instanceType: 'Standard_NC6s_v3' };
const run = promisify(execFile);

describe('kaito adopt on a real control plane, with the real Helm', function () {
  this.timeout(600_000);
  let plane: ControlPlane;
  let karpenter: Karpenter;
  let kaitos: HelmRelease;
  let ours: HelmRelease;
  let operator: OperatorProcess | undefined;
  let folder: string;
  let living: readonly string[];
  const config = { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn', profile: 'kwok' } } };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-e2e-adopt-'));
    plane = await ControlPlane.start({ controllerManager: true, scheduler: true });
    karpenter = await Karpenter.start(plane);
    await karpenter.nodeClass('default');
    kaitos = new HelmRelease(plane, KAITO_RELEASE.namespace);
    ours = new HelmRelease(plane, NAMESPACE);
    writeKaitoChart(join(folder, 'workspace'));
    writeFileSync(join(folder, 'operator.yaml'), stringify(config));
    // Nobody answers KAITO's webhook here: it comes with the second revision, when everything is there.
    const chart = join(folder, 'workspace');
    await kaitos.said(['install', KAITO_RELEASE.name, chart, '--create-namespace'], { webhook: false });
    await eventually(async () => void (await plane.client.list(WORKSPACES)));
    for (const asks of [STATEFUL, DEPLOYED]) await serve(asks);
    await kaitos.said(['upgrade', KAITO_RELEASE.name, chart], { webhook: true });
    living = await alive();
  });
  after(async () => {
    await operator?.stop();
    await Promise.all([kaitos?.stop(), ours?.stop()]);
    await karpenter?.stop();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ofWorkspaces = async (kind: ResourceKind): Promise<readonly KubeObject[]> =>
    (await plane.client.list(kind, { ...(kind.namespaced ? { namespace: 'default' } : {}) })).items;
  /** What must not be another one afterwards. */
  const alive = async (): Promise<readonly string[]> =>
    (await Promise.all([PODS, NODES, NODE_CLAIMS].map(ofWorkspaces)))
      .flat()
      .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
      .sort();
  const adopt = async (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const all = ['adopt', '--kubeconfig', plane.kubeconfig, '--config', join(folder, 'operator.yaml'), ...args];
    return run(process.execPath, [MAIN, ...all]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  };
  async function serve(asks: KaitoAsks): Promise<void> {
    const stored = await plane.client.create(WORKSPACES, kaitoWorkspace(asks), KAITO);
    const claim = kaitoClaim(asks, `ws${asks.kind.toLowerCase().slice(0, 9)}`, KWOK);
    await createAll(plane.client, [claim, ...kaitoObjects(asks, stored)], KAITO);
    await eventually(async () => {
      const pods = (await ofWorkspaces(PODS)).filter(({ metadata }) => metadata.name.startsWith(asks.name));
      expect(pods.map(({ status }) => (status as { phase?: string }).phase)).to.deep.equal(['Running']);
    });
    const nodes = (await ofWorkspaces(NODES)).map(({ metadata }) => metadata.name);
    const status = kaitoStatus(nodes, `${new Date().toISOString().slice(0, 19)}Z`);
    await plane.client.merge(WORKSPACES, 'default', asks.name, { status }, { ...KAITO, subresource: 'status' });
  }

  it('starts from what KAITO leaves: nobody can change a Workspace while its webhook does not answer', async () => {
    const { code, err } = await plane.kubectl(['annotate', 'workspace', 'phi-new', 'a=b']);
    expect(code).to.equal(1);
    expect(err).to.match(/failed calling webhook "validation\.workspace\.kaito\.sh"/);
  });

  it('shows what it would do, in words and for programs', async () => {
    const { code, stdout, stderr } = await adopt();
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^change {6}StatefulSet default\/phi-new: keeps its kind and its pods/m);
    expect(stdout).to.match(/^change {6}Secret kaito-workspace\/sh\.helm\.release\.v1\.kaito-workspace\.v2: /m);
    const { changes, obstacles } = JSON.parse((await adopt('-o', 'json')).stdout);
    expect(obstacles).to.deep.equal([]);
    expect(changes.length).to.be.greaterThan(15);
    expect(await alive()).to.deep.equal(living);
  });

  it('takes over, and a second time there is nothing left to do', async () => {
    const { code, stdout, stderr } = await adopt('--apply');
    expect([code, stderr], stdout).to.deep.equal([0, '']);
    expect(await alive()).to.deep.equal(living);
    const again = await adopt('--apply');
    expect([again.code, again.stderr]).to.deep.equal([0, '']);
    expect(again.stdout).to.match(/^nothing was left to do/);
    const kaito = await plane.client.get(DEPLOYMENTS, KAITO_RELEASE.namespace, 'kaito-workspace');
    expect(kaito?.spec).to.include({ replicas: 0 });
  });

  it('lets KAITO be uninstalled: Helm itself says that it keeps the definition, and nothing is lost', async () => {
    const said = await kaitos.said(['uninstall', KAITO_RELEASE.name, '--wait']);
    expect(said).to.match(/kept due to the resource policy[\s\S]*workspaces\.kaito\.sh/);
    expect(await plane.client.get(CRDS, undefined, 'workspaces.kaito.sh')).not.to.equal(undefined);
    expect(await plane.client.get(VALIDATING_WEBHOOKS, undefined, 'validation.workspace.kaito.sh')).to.equal(undefined);
    expect(await ofWorkspaces(WORKSPACES)).to.have.length(2);
    expect(await alive()).to.deep.equal(living);
  });

  it('leaves a definition that the chart of this operator takes, which then serves on with the rights of that chart', async () => {
    const [httpPort = 0] = await freePorts(1);
    await ours.said(['install', 'kaito', CHART, '--create-namespace'], {
      replicas: 0,
      webhooks: { enabled: false },
      devicePlugin: { mode: 'none' },
      config: { ...config, http: { port: httpPort, host: '127.0.0.1' }, webhooks: { enabled: false } },
    });
    operator = await OperatorProcess.start(plane, {
      namespace: NAMESPACE,
      serviceAccount: 'kaito',
      configMap: 'kaito',
      httpPort,
    });
    await eventually(async () => {
      for (const { metadata, status } of await ofWorkspaces(WORKSPACES)) {
        const { conditions = [] } = status as { conditions?: { type: string; status: string }[] };
        const ready = conditions.find(({ type }) => type === 'WorkspaceReady');
        expect(ready, `${metadata.name} ${operator?.log().split('\n').slice(-5).join('\n')}`).to.include({
          status: 'True',
        });
        expect(conditions.map(({ type }) => type)).not.to.include('BenchmarkCompleted');
      }
    });
    expect(await alive()).to.deep.equal(living);
  });

  it('gives a later change the node that is there, and the node back with the Workspace', async () => {
    const pod = async (): Promise<KubeObject | undefined> =>
      (await ofWorkspaces(PODS)).find(({ metadata }) => metadata.name === 'phi-new-0');
    const before = (await pod())?.metadata.uid;
    await plane.client.merge(WORKSPACES, 'default', 'phi-new', {
      inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
    });
    await eventually(async () => {
      const now = await pod();
      expect(now?.metadata.uid).not.to.equal(before);
      expect(now?.status).to.include({ phase: 'Running' });
      expect(JSON.stringify(now?.spec)).not.to.match(/kaito-base|FLASHINFER/);
    });
    const claims = (await ofWorkspaces(NODE_CLAIMS)).map(({ metadata }) => metadata.name);
    expect(claims).to.have.members(['wsstatefuls', 'wsdeploymen']);
    await plane.client.delete(WORKSPACES, 'default', 'phi-old');
    await eventually(async () =>
      expect((await ofWorkspaces(NODE_CLAIMS)).map(({ metadata }) => metadata.name)).to.deep.equal(['wsstatefuls']),
    );
  });
});

/** KAITO's chart as far as a takeover sees it: what Helm writes on the objects is left to Helm. */
function writeKaitoChart(folder: string): void {
  mkdirSync(join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'workspace', version: '0.12.0' }));
  for (const object of kaitoChart()) {
    const { labels: _, annotations: __, ...metadata } = object.metadata;
    const text = stringify({ ...object, metadata });
    const webhook = object.kind === 'ValidatingWebhookConfiguration';
    const template = webhook ? `{{- if .Values.webhook }}\n${text}{{- end }}\n` : text;
    writeFileSync(join(folder, 'templates', `${object.kind.toLowerCase()}.yaml`), template);
  }
}
