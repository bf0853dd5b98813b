import { CRDS, crdOf, DEPLOYMENTS, SECRETS, STATEFUL_SETS, WORKSPACES, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { kaitoChart, uninstall } from '../support/kaito-state.js';
import { KaitoWorld } from '../support/kaito-world.js';
import { storedManifest } from '../support/stored-manifest.js';
import { NODE_CLAIMS } from '../support/world.js';

const HOUR = 3_600_000;
const RELEASE = 'sh.helm.release.v1.kaito-workspace.v1';

describe('taking a cluster over from KAITO', function () {
  this.timeout(120_000);
  let kaito: KaitoWorld;
  afterEach(() => kaito.world.stop());

  /** Two Workspaces: one as v0.3 serves it, one as head does. */
  const served = async (): Promise<void> => {
    kaito = await KaitoWorld.start();
    await kaito.serves({ name: 'old', kind: 'Deployment' });
    await kaito.serves({ name: 'new', kind: 'StatefulSet' });
  };
  const everything = async (): Promise<string> => {
    const kinds = [
      CRDS,
      SECRETS,
      DEPLOYMENTS,
      STATEFUL_SETS,
      WORKSPACES,
      { ...NODE_CLAIMS, kind: 'NodeClaim', namespaced: false },
    ];
    const lists = await Promise.all(kinds.map((kind) => kaito.admin.list(kind)));
    return JSON.stringify(lists.map(({ items }) => items.map(({ metadata }) => metadata)));
  };
  /** What `helm uninstall` does now: by the manifest that is stored with the release. */
  const helmUninstall = async (): Promise<readonly string[]> => {
    const secret = await kaito.admin.get(SECRETS, 'kaito-workspace', RELEASE);
    const kept = await uninstall(kaito.admin, storedManifest(secret!));
    await kaito.world.clock.advance(60_000);
    return kept;
  };

  it('shows object by object what would change, and changes nothing', async () => {
    await served();
    const before = await everything();
    const { changes, obstacles } = await kaito.adoption();
    expect(obstacles).to.deep.equal([]);
    const told = changes.map(({ action, object: { kind, name } }) => `${action} ${kind} ${name}`);
    expect(told.filter((line) => !line.startsWith('none'))).to.deep.equal([
      `update Secret ${RELEASE}`,
      'update CustomResourceDefinition workspaces.kaito.sh',
      'delete ValidatingWebhookConfiguration validation.workspace.kaito.sh',
      'update Deployment kaito-workspace',
      'update CustomResourceDefinition workspaces.kaito.sh',
      'update NodeClaim wskaitonew0',
      'update StatefulSet new',
      'update Service new',
      'update Service new-headless',
      'update Workspace new',
      'update NodeClaim wskaitoold0',
      'update Deployment old',
      'update Service old',
      'update Service old-headless',
      'update Workspace old',
    ]);
    expect(told.filter((line) => line.startsWith('none Pod'))).to.have.length(2);
    const set = changes.find(({ object }) => object.kind === 'StatefulSet');
    expect(set?.fields).to.deep.include({ field: 'metadata.labels.kaito.sh/workspace', to: 'new' });
    expect(JSON.stringify(set?.fields)).not.to.include('spec');
    expect(await everything()).to.equal(before);
  });

  it('restarts no pod and no node; KAITO uninstalled afterwards, nothing is lost, and this operator serves on', async () => {
    await served();
    const before = await kaito.living();
    await kaito.takeOver();
    expect(await kaito.living()).to.deep.equal(before);
    expect(await helmUninstall()).to.deep.equal(['workspaces.kaito.sh']);
    expect(await kaito.world.names(DEPLOYMENTS)).to.deep.equal(['old']);

    await kaito.world.operate();
    await kaito.world.clock.advance(3 * HOUR);
    for (const name of ['old', 'new']) {
      expect(await kaito.world.condition('WorkspaceReady', name)).to.include({ status: 'True' });
      expect(
        (await kaito.world.workspace(name))?.status?.attempts?.map(({ claim, stage }) => [claim, stage]),
      ).to.deep.equal([[`wskaito${name}0`, 'ready']]);
    }
    expect(await kaito.living()).to.deep.equal(before);
    expect(await kaito.world.names(NODE_CLAIMS)).to.have.members(['wskaitoold0', 'wskaitonew0']);
    expect(await kaito.world.names(STATEFUL_SETS)).to.deep.equal(['new']);
  });

  it('leaves nothing of KAITO in the status, and its definition with ours', async () => {
    await served();
    await kaito.takeOver();
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    const { conditions = [] } = (await kaito.world.workspace('new'))?.status ?? {};
    const types = conditions.map(({ type }) => type);
    for (const stale of ['BenchmarkCompleted', 'NodesReady']) expect(types).not.to.include(stale);
    const crd = await kaito.admin.get(CRDS, undefined, 'workspaces.kaito.sh');
    expect(JSON.stringify(crd?.spec)).to.include('"priceLimit"').and.not.include('Standard_NC24ads_A100_v4');
    expect(crd?.metadata.annotations).to.include({
      'helm.sh/resource-policy': 'keep',
      'meta.helm.sh/release-name': 'kaito',
      'meta.helm.sh/release-namespace': 'kaito-system',
    });
  });

  it('stops KAITO’s operator and none of the other programs that its chart brings', async () => {
    await served();
    const [, operator] = kaitoChart();
    const name = 'nfd-master';
    await kaito.admin.create(DEPLOYMENTS, { ...operator!, metadata: { ...operator!.metadata, name } });
    await kaito.takeOver();
    const replicas = async (of: string) => (await kaito.admin.get(DEPLOYMENTS, 'kaito-workspace', of))?.spec;
    expect(await replicas('kaito-workspace')).to.include({ replicas: 0 });
    expect(await replicas(name)).to.include({ replicas: 1 });
  });

  it('says whose weights are on volumes that need a driver of KAITO’s chart', async () => {
    await served();
    const template = { metadata: { name: 'weights' }, spec: { storageClassName: 'kaito-local-nvme-disk' } };
    const set = await kaito.admin.get(STATEFUL_SETS, 'default', 'new');
    await kaito.admin.delete(STATEFUL_SETS, 'default', 'new', { propagationPolicy: 'Orphan' });
    const { resourceVersion: _, uid: __, ...metadata } = set!.metadata;
    const spec = { ...(set!.spec as object), volumeClaimTemplates: [template] };
    await kaito.kaito.create(STATEFUL_SETS, { ...set!, metadata, spec });
    expect((await kaito.adoption()).notes.join()).to.match(
      /weights of default\/new are on volumes of class kaito-local-nvme-disk/,
    );
  });

  it('is done once: a second time there is nothing left to change', async () => {
    await served();
    await kaito.takeOver();
    expect(await kaito.takeOver()).to.deep.equal([]);
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    const { changes, obstacles } = await kaito.adoption();
    expect(obstacles).to.deep.equal([]);
    expect(changes.filter(({ action }) => action !== 'none')).to.deep.equal([]);
  });

  it('goes on where it ended when it is killed after any of its writes', async () => {
    await served();
    const before = await kaito.living();
    const all = (await kaito.adoption()).changes.filter(({ action }) => action !== 'none').length;
    let runs = 0;
    for (let left = 1; ; left++) {
      const ended = await kaito.takeOver(1).then(
        () => true,
        () => false,
      );
      runs = left;
      if (ended) break;
    }
    expect(runs).to.be.greaterThan(all - 1);
    expect(await kaito.living()).to.deep.equal(before);
    expect((await kaito.adoption()).changes.filter(({ action }) => action !== 'none')).to.deep.equal([]);
  });

  it('rolls a later change of the Workspace out on the node that is there, with the kind that is there', async () => {
    await served();
    await kaito.takeOver();
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    const [pod] = await kaito.pods('new');
    const preset = { name: 'phi-3-mini-128k-instruct' };
    await kaito.admin.merge(WORKSPACES, 'default', 'new', { inference: { preset } });
    await kaito.world.clock.advanceUntil(async () => {
      const [now] = await kaito.pods('new');
      return now !== undefined && now.metadata.uid !== pod?.metadata.uid;
    }, HOUR);
    await kaito.world.untilReady('new');
    expect(await kaito.world.names(NODE_CLAIMS)).to.have.members(['wskaitoold0', 'wskaitonew0']);
    expect(await kaito.world.names(STATEFUL_SETS)).to.deep.equal(['new']);
    const [now] = await kaito.pods('new');
    expect(JSON.stringify(now?.spec)).not.to.match(/FLASHINFER|kaito-base/);
  });

  it('gives the node back with the Workspace, as for one of ours', async () => {
    await served();
    await kaito.takeOver();
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    await kaito.world.delete('old');
    await kaito.world.untilGone('old');
    expect(await kaito.world.names(NODE_CLAIMS)).to.deep.equal(['wskaitonew0']);
  });

  it('without a takeover, the leak hunt of an operator that is installed beside KAITO takes none of its nodes', async () => {
    kaito = await KaitoWorld.start();
    await kaito.serves({ name: 'old', kind: 'Deployment' });
    await kaito.admin.apply(CRDS, crdOf(Workspace), { fieldManager: 'test' });
    await kaito.world.operate();
    await kaito.world.clock.advance(HOUR);
    expect(await kaito.world.names(NODE_CLAIMS)).to.include('wskaitoold0');
  });
});
