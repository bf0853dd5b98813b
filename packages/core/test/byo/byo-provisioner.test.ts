import { type ClaimOwner, ProvisioningError } from '@kaito-sdk/core';
import { type ProvisionerUnderTest, provisionerConformance } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { byoWorld, type NodeParts } from './byo-world.js';

const nothingIsMade = 'its nodes are there already: no machine is made that could fail';
const owner = (name: string): ClaimOwner => ({ namespace: 'default', name, uid: `uid-${name}` });

provisionerConformance('byo', () => byoWorld({ 'node-a': {}, 'node-b': {}, 'node-c': {} }), {
  unsupported: {
    'PROV-07': 'a node is what it is',
    'PROV-08': 'select the zone by a label of the nodes',
    ...Object.fromEntries(
      ['PROV-22', 'PROV-23', 'PROV-24', 'PROV-25', 'PROV-26', 'PROV-27', 'PROV-34'].map((id) => [id, nothingIsMade]),
    ),
  },
});

describe('nodes of your own', () => {
  let world: ProvisionerUnderTest;
  afterEach(() => world.stop());
  const start = async (nodes: Readonly<Record<string, NodeParts>>) => {
    world = await byoWorld(nodes);
    return world.connect();
  };
  const request = (name: string, who = 'demo', more: object = {}) => ({
    ...world.request,
    name,
    owner: owner(who),
    ...more,
  });
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => (ProvisioningError.is(error) ? error : undefined),
    );

  it('are shared by Workspaces as far as the GPUs go, and the fullest that has room is taken', async () => {
    const provisioner = await start({ big: { gpus: 4 }, small: { gpus: 2 } });
    await provisioner.claim(request('ws1', 'one'));
    await provisioner.claim(request('ws2', 'two'));
    await provisioner.claim(request('ws3', 'three', { resources: { 'nvidia.com/gpu': 4 } }));
    const nodeOf = async (who: string) => (await provisioner.observe(owner(who)))[0]?.nodeName;
    expect([await nodeOf('one'), await nodeOf('two'), await nodeOf('three')]).to.deep.equal(['small', 'small', 'big']);
    const refused = await refusal(provisioner.claim(request('ws4', 'four')));
    expect(refused).to.deep.include({ failure: 'capacity', reason: 'NoMatchingNode' });
    expect(refused?.message).to.match(/big has 0 of 1 nvidia\.com\/gpu free/);
    await provisioner.release({ name: 'ws2', owner: owner('two') });
    await provisioner.claim(request('ws4', 'four'));
    expect(await nodeOf('four')).to.equal('small');
  });

  it('are kept for the namespaces that an annotation of theirs names, whatever a Workspace selects or prefers', async () => {
    const annotations = { 'byo.kaito-sdk.dev/namespaces': 'team-a, team-b' };
    const provisioner = await start({
      theirs: { annotations },
      nobodys: { annotations: { ...annotations, 'byo.kaito-sdk.dev/namespaces': '' } },
    });
    const refused = await refusal(provisioner.claim(request('ws1', 'one', { preferredNodes: ['theirs'] })));
    expect(refused?.message).to.equal(
      'no node will do for ws1: nobodys is not for the namespace default; theirs is not for the namespace default',
    );
    const teams = { ...owner('two'), namespace: 'team-b' };
    await provisioner.claim(request('ws2', 'two', { owner: teams }));
    expect((await provisioner.observe(teams))[0]?.nodeName).to.equal('theirs');
  });

  it('wake every Workspace that shares them', async () => {
    const provisioner = await start({ big: { gpus: 4 } });
    await provisioner.claim(request('ws1', 'one'));
    await provisioner.claim(request('ws2', 'two'));
    const labels = (await world.node('big'))?.metadata.labels ?? {};
    const owners = provisioner.watches().flatMap((watch) => watch.ownersOf?.(labels) ?? []);
    expect(owners.map(({ name }) => name).sort()).to.deep.equal(['one', 'two']);
  });

  it('keep the labels of a Workspace that was made again when the claim of the one before it is given back', async () => {
    const provisioner = await start({ big: { gpus: 4 } });
    const before = { ...owner('demo'), uid: 'uid-before' };
    await provisioner.claim({ ...request('ws1'), owner: before });
    await provisioner.claim(request('ws2'));
    const ours = async () =>
      Object.keys((await world.node('big'))?.metadata.labels ?? {}).filter((key) => key.startsWith('byo.'));
    await provisioner.release({ name: 'ws1', owner: before });
    expect(await ours()).to.have.length(2);
    await provisioner.release({ name: 'ws2', owner: owner('demo') });
    expect(await ours()).to.deep.equal([]);
  });

  it('are taken in the order of preferredNodes, whatever their instance type says', async () => {
    const provisioner = await start({
      a: {},
      b: { labels: { 'node.kubernetes.io/instance-type': 'own.metal' } },
    });
    await provisioner.claim(request('ws1', 'demo', { preferredNodes: ['b'] }));
    expect((await provisioner.observe(owner('demo')))[0]?.nodeName).to.equal('b');
  });

  it('must be alike for one Workspace', async () => {
    const provisioner = await start({
      a: { labels: { 'nvidia.com/gpu.product': 'T4' } },
      b: { labels: { 'nvidia.com/gpu.product': 'A100' } },
      c: { labels: { 'nvidia.com/gpu.product': 'T4' } },
    });
    await provisioner.claim(request('ws1'));
    await provisioner.claim(request('ws2'));
    expect((await provisioner.observe(owner('demo'))).map(({ nodeName }) => nodeName).sort()).to.deep.equal(['a', 'c']);
    expect((await refusal(provisioner.claim(request('ws3'))))?.message).to.match(/b has other GPUs than/);
  });

  it('leave alone what a provisioner made for another Workspace', async () => {
    const provisioner = await start({ a: { labels: { 'kaito.sh/workspace': 'other' } } });
    expect((await refusal(provisioner.claim(request('ws1'))))?.message).to.match(/was made for another Workspace/);
  });
});
