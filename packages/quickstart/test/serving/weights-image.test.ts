import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeObject, PODS } from '@kaito-sdk/core';
import { dataImage } from '@kaito-sdk/runtime-inference/stand-ins';
import { expect } from 'chai';
import { ServingWorld } from '../support/serving-world.js';

const IMAGE = 'registry.example/models/phi-3:1';

describe('weights of vLLM from an image, on the development cluster', function () {
  this.timeout(120_000);
  let world: ServingWorld;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-weights-'));
    writeFileSync(join(folder, 'config.json'), '{}');
  });
  afterEach(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true });
  });

  const workspace = {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo', namespace: 'default', annotations: { 'kaito.sh/weights-image': IMAGE } },
    resource: { instanceType: 'Standard_NC4as_T4_v3', labelSelector: { matchLabels: { apps: 'demo' } } },
    inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
  } as KubeObject;

  for (const imageVolumes of [true, false]) {
    it(`lead to an answer, ${imageVolumes ? 'mounted by the kubelet' : "copied by the image's own shell"}`, async () => {
      const image = { ...dataImage({ match: (one) => one === IMAGE, data: folder }), files: () => folder };
      world = await ServingWorld.start({ images: [image], inference: { imageVolumes } });
      await world.apply(workspace);
      await world.untilReady('demo');
      expect(await world.chat('demo', 'What is Kubernetes?')).to.match(/Kubernetes/);
      const { plan } = (await world.workspace('demo')).status!;
      expect(plan?.feasible && plan.engine.weights).to.equal('image');
      const [pod] = (await world.client.list(PODS, { namespace: 'default' })).items;
      const { initContainers = [] } = (pod?.spec ?? {}) as { initContainers?: object[] };
      expect(initContainers).to.have.length(imageVolumes ? 0 : 1);
    });
  }
});
