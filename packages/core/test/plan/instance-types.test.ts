import { gib, type InstanceOverride, instanceTypeFromNode, mib, overriddenInstances } from '@kaito-sdk/core';
import { expect } from 'chai';
import { aCatalog, anInstance, aWorkspace, catalogs, feasible } from './fixtures.js';

const base = [aCatalog(anInstance('Small', { gpuGib: 8, usd: 1 }, { retiredOn: '2020-01-01' }), anInstance('Large'))];

function changed(...overrides: readonly InstanceOverride[]) {
  const { catalogs: made, problems } = overriddenInstances(base, overrides);
  return { types: made.flatMap((catalog) => catalog.instances()), problems };
}

describe("a user's own instance types", () => {
  it('are added, and planned for', () => {
    const own = { name: 'Box', gpu: { model: 'NVIDIA C1', memoryGiB: 32, computeCapability: 8.6 }, diskGiB: 500 };
    const { types, problems } = changed(own);
    expect(problems).to.deep.equal([]);
    expect(types[0]).to.deep.equal({
      name: 'Box',
      gpu: { vendor: 'nvidia', model: 'NVIDIA C1', count: 1, memoryBytes: gib(32), computeCapability: 8.6 },
      diskBytes: gib(500),
      prices: [],
      source: 'the configuration',
    });
    const { catalogs: instances } = overriddenInstances(base, [own]);
    const workspace = aWorkspace({ resource: { instanceType: 'box', labelSelector: {} } });
    expect(feasible(workspace, catalogs({ instances })).nodes.instanceType).to.equal('Box');
  });

  it('change what the catalog says, and nothing else, under the name of the catalog', () => {
    const price = { usdPerHour: 0.2, region: 'north', asOf: '2026-02-02' };
    const { types } = changed({ name: 'SMALL', gpu: { memoryGiB: 9 }, price, retiredOn: '' });
    expect(types.map(({ name }) => name)).to.deep.equal(['Small', 'Large']);
    expect(types[0]?.gpu).to.deep.equal({ ...anInstance('Small', { gpuGib: 9 }).gpu });
    expect(types[0]?.prices).to.deep.equal([{ ...price, source: 'the configuration' }]);
    expect(types[0]).not.to.have.property('retiredOn');
    expect(types[0]?.source).to.equal('a table; changed by the configuration');
  });

  it('can be retired by the user', () => {
    expect(changed({ name: 'Large', retiredOn: '2026-05-05' }).types[0]?.retiredOn).to.equal('2026-05-05');
  });

  it('are refused where a figure is missing that nobody else has', () => {
    expect(changed({ name: 'New' }).problems).to.deep.equal([
      'New is in no catalog, so its gpu.model and gpu.memoryGiB must be said',
    ]);
    expect(changed({ name: 'New', gpu: { model: 'X', memoryGiB: 8 } }).problems).to.deep.equal([
      'New has an NVIDIA GPU, so its gpu.computeCapability must be said: engines are chosen by it',
    ]);
    expect(changed({ name: 'Small' }, { name: 'small' }).problems).to.deep.equal(['an instance type is listed twice']);
  });
});

describe('a node that somebody else provides', () => {
  const labels = {
    'nvidia.com/gpu.product': 'Tesla-T4',
    'nvidia.com/gpu.count': '2',
    'nvidia.com/gpu.memory': '15360',
    'nvidia.com/cuda.compute.major': '7',
    'nvidia.com/cuda.compute.minor': '5',
    'node.kubernetes.io/instance-type': 'n1-standard-8',
  };

  it('is known by the labels of GPU feature discovery', () => {
    expect(instanceTypeFromNode(labels)).to.deep.equal({
      known: true,
      instance: {
        name: 'n1-standard-8',
        gpu: { vendor: 'nvidia', model: 'NVIDIA Tesla T4', count: 2, memoryBytes: mib(15_360), computeCapability: 7.5 },
        prices: [],
        source: 'the labels of the node',
      },
    });
  });

  it('may have a capability that ends in zero, and no type of a cloud', () => {
    const { 'node.kubernetes.io/instance-type': _, ...bare } = labels;
    const read = instanceTypeFromNode({
      ...bare,
      'nvidia.com/cuda.compute.major': '10',
      'nvidia.com/cuda.compute.minor': '0',
    });
    expect(read.known && [read.instance.name, read.instance.gpu.computeCapability]).to.deep.equal(['Tesla-T4', 10]);
  });

  it('is not guessed at where a label is missing or no number', () => {
    expect(instanceTypeFromNode({})).to.deep.equal({
      known: false,
      problem:
        "the node has no label nvidia.com/gpu.product, nvidia.com/gpu.count, nvidia.com/gpu.memory: install NVIDIA's GPU feature discovery, which writes them",
    });
    for (const odd of ['0', '-1', 'two', '1.5', '9'.repeat(40)])
      expect(instanceTypeFromNode({ ...labels, 'nvidia.com/gpu.count': odd })).to.include({ known: false });
  });
});
