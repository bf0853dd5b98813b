import { KubeError } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { World } from './support/pass.js';

describe('reconciling a Workspace', () => {
  it('goes from the manifest to an answering model, each wait with its reason', async () => {
    const world = new World(aWorkspace());

    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'NodeClaimNotReady' });
    expect(world.conditions).to.include.members([
      'Planned=True',
      'NodeClaimReady=False',
      'ResourceReady=False',
      'InferenceReady=False',
    ]);
    expect(world.condition('ResourceReady')?.message).to.match(
      /1 of 1 nodes not there yet: ws[0-9a-f]{9} is requested/,
    );

    world.provisioner.move('joined');
    world.nodesShow(0, 'False');
    await world.pass();
    world.provisioner.move('ready');
    world.nodesShow(0);
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'NodePluginsNotReady' });
    expect(world.condition('ResourceReady')?.message).to.match(/shows 0 of 1 nvidia\.com\/gpu/);

    world.nodesShow(1);
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'WorkspaceInferenceStatusPending' });
    expect(world.conditions).to.include('ResourceReady=True');

    world.engineReady();
    expect(await world.pass()).to.deep.equal({ kind: 'done' });
    expect(world.conditions).to.have.members([
      'Planned=True',
      'NodeClaimReady=True',
      'ResourceReady=True',
      'InferenceReady=True',
      'WorkspaceReady=True',
      'WorkspaceSucceeded=True',
    ]);
    expect(world.workspace.status).to.deep.include({ state: 'Ready', targetNodeCount: 1 });
    expect(world.workspace.status?.workerNodes).to.have.length(1);
  });

  it('is quiet at rest: another pass writes nothing and tells nothing', async () => {
    const world = new World(aWorkspace());
    await world.up();
    const [writes, events] = [world.writes, world.events.length];
    world.now += 3_600_000;
    await world.pass();
    expect([world.writes, world.events.length]).to.deep.equal([writes, events]);
  });

  it('starts the workload when the node has joined, before its GPUs show', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    expect([...world.cluster.objects.keys()]).to.deep.equal(['Service/demo']);
    world.provisioner.move('joined');
    await world.pass();
    expect([...world.cluster.objects.keys()]).to.deep.equal(['Service/demo', 'Deployment/demo']);
  });

  it('takes the finalizer, lets the server judge the workload, and writes the Plan down, before it asks for a node', async () => {
    const world = new World(aWorkspace());
    const claim = world.provisioner.claim.bind(world.provisioner);
    world.provisioner.claim = async (request) => {
      expect(world.conditions).to.include.members(['Planned=True', 'NodeClaimReady=False']);
      expect(world.cluster.calls).to.deep.equal(['finalizer', 'apply Service', 'dry run Deployment', 'status']);
      await claim(request);
    };
    await world.pass();
    expect(world.provisioner.asked).to.have.length(1);
  });

  it('asks for no node for a Workspace that is gone while the event of its deletion is late: nobody would give it back', async () => {
    const world = new World(aWorkspace());
    world.cluster.gone = true;
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'WorkspaceGone' });
    expect(world.provisioner.asked).to.deep.equal([]);
    expect([...world.cluster.objects.keys()]).to.deep.equal([]);
  });

  it('asks for no node when the server would refuse the workload, and looks again in a minute', async () => {
    const world = new World(aWorkspace());
    world.cluster.refuseDryRun = new KubeError({
      method: 'PATCH',
      path: '/deployments/demo',
      code: 403,
      reason: 'Forbidden',
      message: 'exceeded quota: gpus, requested: 1, used: 0, limited: 0',
    });
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'WorkloadRefused', afterMs: 60_000 });
    expect(world.condition('ResourceReady')?.message).to.match(/exceeded quota: gpus/);
    expect(world.provisioner.asked).to.deep.equal([]);
  });

  for (const [code, message, refuses] of [
    [400, 'error decoding patch', true],
    [413, 'Request entity too large', true],
    [500, 'failed to create typed patch object: .spec.template.nonsense: field not declared in schema', true],
    [500, 'etcdserver: leader changed', false],
  ] as const) {
    it(`takes ${code} (${message}) for ${refuses ? 'a judgement of the workload, and says it' : 'no judgement, and tries again'}`, async () => {
      const world = new World(aWorkspace());
      world.cluster.refuseDryRun = new KubeError({ method: 'PATCH', path: '/x', code, reason: 'X', message });
      const outcome = await world.pass().catch(() => undefined);
      expect(outcome?.kind === 'waiting' && outcome.reason).to.equal(refuses ? 'WorkloadRefused' : false);
      expect(world.provisioner.asked).to.deep.equal([]);
    });
  }

  for (const [title, parts, reason, message] of [
    ['an unknown preset', { preset: 'tinny' }, 'UnknownPreset', /tiny/],
    ['an unknown instance type', { instanceType: 'gpu.smal' }, 'UnknownInstanceType', /gpu\.small/],
    ['a model that does not fit', { preset: 'huge' }, 'InsufficientMemory', /gpu\.large/],
  ] as const) {
    it(`buys nothing for ${title}, and the condition names a way out`, async () => {
      const world = new World(aWorkspace(parts));
      expect(await world.pass()).to.include({ kind: 'blocked', reason });
      expect(world.condition('Planned')).to.deep.include({ status: 'False', reason });
      expect(world.condition('Planned')?.message).to.match(message);
      expect(world.condition('WorkspaceReady')).to.deep.include({ status: 'False', reason: 'workspaceFailed' });
      expect(world.provisioner.asked).to.deep.equal([]);
      expect(world.cluster.calls).to.deep.equal(['status']);
    });
  }

  it('buys nothing for a Workspace that breaks its own rules, where no webhook stopped it', async () => {
    const both = { ...aWorkspace(), tuning: { preset: { name: 'tiny' } } };
    const world = new World(both);
    expect(await world.pass()).to.include({ kind: 'blocked', reason: 'Invalid' });
    expect(world.provisioner.asked).to.deep.equal([]);
  });

  it('never asks twice for the same node, however often it runs and wherever it crashed', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    // A crash before the status was written: the next process knows nothing but what the cluster shows.
    world.workspace = aWorkspace();
    await world.pass();
    await world.pass();
    expect(world.provisioner.asked).to.have.length(1);
  });

  it('tells what the cloud says of a claim that fails, and goes on when the cloud recovers', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('failed', {
      failure: 'capacity',
      reason: 'CapacityUnavailable',
      message: 'AllocationFailed in zone 1',
    });
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'CapacityUnavailable' });
    expect(world.condition('NodeClaimReady')?.message).to.match(/AllocationFailed in zone 1/);
    world.provisioner.move('joined');
    await world.pass();
    expect(world.cluster.objects.has('Deployment/demo')).to.equal(true);
  });

  it('blocks on a failure that only a person can cure', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('failed', { failure: 'permission', reason: 'NotPermitted', message: 'AuthorizationFailed' });
    expect(await world.pass()).to.include({ kind: 'blocked', reason: 'NotPermitted' });
  });

  it('says NotReady, not Pending, of a model that was up and is no longer', async () => {
    const world = new World(aWorkspace());
    await world.up();
    world.nodesShow(1, 'Unknown');
    await world.pass();
    expect(world.workspace.status?.state).to.equal('NotReady');
    expect(world.events.at(-1)).to.match(/^Warning /);
  });

  it('keeps the workload when a GPU dips to zero: a kubelet restart does that', async () => {
    const world = new World(aWorkspace());
    await world.up();
    world.nodesShow(0);
    await world.pass();
    expect(world.condition('ResourceReady')).to.deep.include({ status: 'False', reason: 'NodePluginsNotReady' });
    expect(world.cluster.objects.has('Deployment/demo')).to.equal(true);
  });

  it('keeps the Plan it carries out in the status', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    expect(world.workspace.status?.plan).to.deep.include({ feasible: true, kind: 'inference' });
  });

  it('after a change of the instance type claims the new node first and gives the old one back when the model is up', async () => {
    const world = new World(aWorkspace());
    await world.up();
    const [old] = world.provisioner.claims.keys();
    const moved = aWorkspace({ instanceType: 'gpu.large' });
    world.workspace = { ...world.workspace, resource: moved.resource };
    await world.pass();
    expect(world.provisioner.claims.get(old!)?.phase).to.equal('ready');
    world.provisioner.move('ready');
    world.nodesShow(1);
    await world.pass();
    expect(world.provisioner.claims.get(old!)?.phase).to.equal('releasing');
  });
});

describe('deleting a Workspace', () => {
  const deleting = { deletionTimestamp: '2026-01-01T00:00:00Z' };

  it('removes the workload first, waits for the nodes to go, and only then lets the object go', async () => {
    const world = new World(aWorkspace());
    await world.up();
    const { deletionTimestamp } = deleting;
    world.workspace = { ...world.workspace, metadata: { ...world.workspace.metadata, deletionTimestamp } };
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'ReleasingNodes' });
    expect(world.cluster.objects.size).to.equal(0);
    expect(world.cluster.calls).to.not.include('no finalizer');
    expect(world.condition('WorkspaceDeleting')).to.deep.include({ status: 'True' });

    world.provisioner.finishReleases();
    expect(await world.pass()).to.deep.equal({ kind: 'done' });
    expect(world.cluster.calls).to.include('no finalizer');
  });

  it('says what holds up a node on its way back', async () => {
    const world = new World(aWorkspace());
    await world.up();
    const { deletionTimestamp } = deleting;
    world.workspace = { ...world.workspace, metadata: { ...world.workspace.metadata, deletionTimestamp } };
    await world.pass();
    for (const [name, claim] of world.provisioner.claims)
      world.provisioner.claims.set(name, { ...claim, message: 'Drained: a budget forbids it' });
    await world.pass();
    expect(world.condition('WorkspaceDeleting')?.message).to.match(
      /^waiting for 1 node to go: ws\w{9} \(Drained: a budget forbids it\)$/,
    );
  });

  it('gives back the other nodes where one of them cannot be given back', async () => {
    const one = aWorkspace();
    const world = new World({ ...one, resource: { ...one.resource!, count: 2 } });
    await world.pass();
    const { deletionTimestamp } = deleting;
    world.workspace = { ...world.workspace, metadata: { ...world.workspace.metadata, deletionTimestamp } };
    const release = world.provisioner.release.bind(world.provisioner);
    const [stuck, other] = [...world.provisioner.claims.keys()];
    world.provisioner.release = async (claim) => {
      if (claim.name === stuck) throw new Error('forbidden');
      return release(claim);
    };
    const failed = await world.pass().then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failed).to.equal('forbidden');
    expect(world.provisioner.claims.get(other!)?.phase).to.equal('releasing');
    expect(world.cluster.calls).to.not.include('no finalizer');
  });

  it('lets a Workspace go at once that never had a node', async () => {
    const world = new World(aWorkspace(deleting));
    expect(await world.pass()).to.deep.equal({ kind: 'done' });
    expect(world.cluster.calls).to.include('no finalizer');
  });
});
