import { type KubeObject, NODES } from '@kaito-sdk/core';
import { expect } from 'chai';
import { ServingWorld } from '../support/serving-world.js';

describe('a machine without a GPU on the development cluster', function () {
  this.timeout(120_000);
  let world: ServingWorld;
  afterEach(() => world.stop());

  it('is claimed for llamacpp, and the model on its processor answers', async () => {
    world = await ServingWorld.start();
    await world.apply({
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: {
        name: 'demo',
        namespace: 'default',
        annotations: { 'kaito.sh/runtime': 'llamacpp', 'kaito.sh/gguf': 'tiny' },
      },
      resource: { instanceType: 'Standard_D4s_v5', labelSelector: { matchLabels: { apps: 'demo' } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
    } as KubeObject);
    await world.untilReady('demo');
    expect(await world.chat('demo', 'What is Kubernetes?')).to.match(/open source system/);
    const [node] = (await world.client.list(NODES)).items;
    expect(node?.metadata.labels).to.include({ 'node.kubernetes.io/instance-type': 'Standard_D4s_v5' });
    const { allocatable = {} } = (node?.status ?? {}) as { allocatable?: Record<string, string> };
    expect(Number(allocatable['nvidia.com/gpu'] ?? 0)).to.equal(0);
  });
});
