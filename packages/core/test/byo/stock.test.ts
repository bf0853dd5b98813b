import { gib, type KubeObject, mib } from '@kaito-sdk/core';
import { exampleInstances } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { claimKey } from '../../dist/byo/node-claims.js';
import { stockOf } from '../../dist/byo/stock.js';

const owner = { namespace: 'default', name: 'demo', uid: 'u' };
const discovered = (memory: number, count = 1) => ({
  'nvidia.com/gpu.product': 'L4',
  'nvidia.com/gpu.count': String(count),
  'nvidia.com/gpu.memory': String(memory),
  'nvidia.com/cuda.compute.major': '8',
  'nvidia.com/cuda.compute.minor': '9',
});

function node(name: string, labels: Record<string, string>, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { apps: 'demo', ...labels }, ...more } };
}

const stock = (...nodes: readonly KubeObject[]) =>
  stockOf(nodes, { owner, labels: { apps: 'demo' }, catalogs: [exampleInstances] });

describe('the stock of nodes of your own', () => {
  it('is what the labels of the nodes say, whether or not a catalog knows the type', () => {
    const [box] = stock(node('a', { ...discovered(23_034, 2), 'node.kubernetes.io/instance-type': 'lab-box' }));
    expect(box).to.deep.include({ name: 'lab-box', prices: [] });
    expect(box?.gpu).to.deep.equal({
      vendor: 'nvidia',
      model: 'NVIDIA L4',
      count: 2,
      memoryBytes: mib(23_034),
      computeCapability: 8.9,
    });
  });

  it('is without the nodes that are kept for other namespaces: their sizes are not shown, and nothing is planned on them', () => {
    const kept = (namespaces: string) =>
      node('a', discovered(23_034), { annotations: { 'byo.kaito-sdk.dev/namespaces': namespaces } });
    expect(stock(kept('team-a'))).to.deep.equal([]);
    expect(stock(kept('team-a,default'))).to.have.length(1);
  });

  it('is named after the GPU where the node names no type', () => {
    expect(stock(node('a', discovered(23_034))).map(({ name }) => name)).to.deep.equal(['L4']);
  });

  it('is what a catalog knows, where the node says its type only, and nothing where it says neither', () => {
    const types = stock(
      node('a', { 'node.kubernetes.io/instance-type': 'gpu.small' }),
      node('b', { 'node.kubernetes.io/instance-type': 'unknown' }),
      node('c', {}),
    );
    expect(types).to.deep.equal([exampleInstances.instances()[0]]);
    expect(types[0]?.gpu.memoryBytes).to.equal(gib(16));
  });

  it('has each type once, with the least that a node of it has', () => {
    const type = { 'node.kubernetes.io/instance-type': 'lab-box' };
    const types = stock(
      node('a', { ...discovered(24_000), ...type }),
      node('b', { ...discovered(22_000), ...type }),
      node('c', discovered(23_000)),
    );
    expect(types.map(({ name, gpu }) => [name, gpu.memoryBytes])).to.deep.equal([
      ['L4', mib(23_000)],
      ['lab-box', mib(22_000)],
    ]);
  });

  it('leaves out nodes with other labels, on their way out, or made for a Workspace', () => {
    expect(
      stock(
        node('a', { ...discovered(23_034), apps: 'other' }),
        node('b', discovered(23_034), { deletionTimestamp: '2026-01-01T00:00:00Z' }),
        node('c', { ...discovered(23_034), 'kaito.sh/workspace': 'x' }),
      ),
    ).to.deep.equal([]);
  });

  it('is what an owner holds, where it holds something: a Plan does not move on because a smaller node has come', () => {
    const record = { owner, instanceType: 'lab-box', createdAt: '2026-01-01T00:00:00Z', resources: {} };
    const held = node(
      'a',
      { ...discovered(48_000), 'node.kubernetes.io/instance-type': 'lab-box' },
      { annotations: { [claimKey('ws1')]: JSON.stringify(record) } },
    );
    const names = (...nodes: readonly KubeObject[]) => stock(...nodes).map(({ name }) => name);
    expect(names(held, node('b', discovered(23_034)))).to.deep.equal(['lab-box']);
    const theirs = { ...record, owner: { ...owner, uid: 'other' } };
    const foreign = {
      ...held,
      metadata: { ...held.metadata, annotations: { [claimKey('ws1')]: JSON.stringify(theirs) } },
    };
    expect(names(foreign, node('b', discovered(23_034)))).to.deep.equal(['L4', 'lab-box']);
  });
});
