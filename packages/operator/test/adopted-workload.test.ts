import { annotations, type KubeObject, kindOf, RestClient, specHash, type Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { DEPLOYMENTS, NODE_CLAIMS, PODS, phiWorkspace, World } from './support/world.js';

const STATEFUL_SETS = { group: 'apps', version: 'v1', plural: 'statefulsets' };
const WORKSPACES = { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' };
const KINDS = { StatefulSet: STATEFUL_SETS, Deployment: DEPLOYMENTS } as const;
type Kind = keyof typeof KINDS;

/** The program of KAITO's own operator is called so, and the API server takes that for the name of who writes. */
const kaito = ({ cluster, clock }: World) =>
  new RestClient({ transport: cluster.transport, clock, random: () => 0.5, fieldManager: 'manager' });

/** The workload as KAITO's operator leaves it: no label of its own, and another engine, volumes and variables than ours. */
function kaitoWorkload(kind: Kind, { metadata }: Workspace): KubeObject {
  const labels = { 'kaito.sh/workspace': metadata.name };
  const container = {
    name: metadata.name,
    image: 'mcr.microsoft.com/aks/kaito/kaito-base:0.1.1',
    command: ['/bin/sh', '-c', 'python3 /workspace/vllm/inference_api.py --model=microsoft/Phi-3-mini-4k-instruct'],
    env: [{ name: 'VLLM_USE_FLASHINFER_SAMPLER', value: '0' }],
    resources: { limits: { 'nvidia.com/gpu': '1' }, requests: { 'nvidia.com/gpu': '1' } },
    volumeMounts: [{ name: 'model-weights-volume', mountPath: '/workspace/weights' }],
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: metadata.name,
      namespace: 'default',
      annotations: { 'workspace.kaito.io/revision': '1' },
      ownerReferences: [
        {
          apiVersion: 'kaito.sh/v1beta1',
          kind: 'Workspace',
          name: metadata.name,
          uid: metadata.uid!,
          controller: true,
        },
      ],
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet' ? { serviceName: `${metadata.name}-headless`, podManagementPolicy: 'Parallel' } : {}),
      template: {
        metadata: { labels },
        spec: {
          containers: [container],
          tolerations: [
            { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
            { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
          ],
          volumes: [{ name: 'model-weights-volume', emptyDir: {} }],
        },
      },
    },
  };
}

describe('a workload that KAITO made', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());

  const only = async (resource: (typeof KINDS)[Kind] | typeof PODS): Promise<KubeObject | undefined> => {
    const { items } = await world.cluster.client.list(resource);
    expect(items).to.have.length.at.most(1);
    return items[0] as unknown as KubeObject | undefined;
  };
  const annotate = async (values: Readonly<Record<string, string>>) =>
    world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { annotations: values } });

  /** A Workspace with its node, on which a workload of KAITO's runs, and no operator at the moment. */
  async function asKaitoLeavesIt(kind: Kind): Promise<KubeObject> {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.kill();
    const workspace = (await world.workspace())!;
    await world.cluster.client.delete(DEPLOYMENTS, 'default', 'demo', { propagationPolicy: 'Foreground' });
    await world.clock.advanceUntil(async () => (await world.names(PODS)).length === 0, 600_000);
    const workload = kaitoWorkload(kind, workspace);
    await kaito(world).create(kindOf(workload), workload);
    await annotate({ [annotations.workloadKind]: kind, [annotations.adoptedSpec]: specHash(workspace) });
    await world.clock.advanceUntil(async () => {
      const set = await only(KINDS[kind]);
      return (set?.status as { readyReplicas?: number } | undefined)?.readyReplicas === 1;
    }, 600_000);
    return (await only(PODS))!;
  }

  for (const kind of ['StatefulSet', 'Deployment'] as const) {
    it(`keeps its kind and its pod when it is taken over: ${kind}`, async () => {
      const pod = await asKaitoLeavesIt(kind);
      const before = await only(KINDS[kind]);
      await world.operate();
      await world.clock.advance(3_600_000);
      const after = await only(KINDS[kind]);
      expect(after?.spec).to.deep.equal(before?.spec);
      expect(after?.metadata.uid).to.equal(before?.metadata.uid);
      expect((await only(PODS))?.metadata.uid).to.equal(pod.metadata.uid);
      expect(await world.names(KINDS[kind === 'Deployment' ? 'StatefulSet' : 'Deployment'])).to.deep.equal([]);
      expect(await world.names(NODE_CLAIMS)).to.have.length(1);
      expect(await world.condition('InferenceReady')).to.deep.include({
        status: 'True',
        message:
          'phi-3-mini-4k-instruct is running as it was taken over; a change of the Workspace rolls it out with preset-image',
      });
      // The label by which it is watched is written once.
      expect(world.wire.writes.filter((write) => write.includes(KINDS[kind].plural))).to.have.length(1);
    });

    it(`becomes with the first change of the Workspace what a new one would get, of the same kind: ${kind}`, async () => {
      const pod = await asKaitoLeavesIt(kind);
      await world.operate();
      await world.clock.advance(600_000);
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', {
        inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
      });
      await world.clock.advanceUntil(async () => (await only(PODS))?.metadata.uid !== pod.metadata.uid, 3_600_000);
      await world.untilReady();
      const { containers, volumes } = podSpec((await only(KINDS[kind]))!);
      expect(containers.map(({ image }) => image)).to.deep.equal([
        'mcr.microsoft.com/aks/kaito/kaito-phi-3-mini-128k-instruct:0.0.2',
      ]);
      // Nothing of KAITO's rendering is left beside ours.
      expect(JSON.stringify([containers, volumes])).not.to.match(/FLASHINFER|model-weights-volume|kaito-base/);
      expect(await world.names(KINDS[kind === 'Deployment' ? 'StatefulSet' : 'Deployment'])).to.deep.equal([]);
    });
  }

  it('is made anew when somebody deletes it, of the kind that it had', async () => {
    await asKaitoLeavesIt('StatefulSet');
    await world.operate();
    await world.clock.advance(600_000);
    await world.cluster.client.delete(STATEFUL_SETS, 'default', 'demo', { propagationPolicy: 'Background' });
    await world.clock.advanceUntil(async () => {
      const set = await only(STATEFUL_SETS);
      return set !== undefined && /kaito-phi-3-mini-4k-instruct/.test(JSON.stringify(podSpec(set)));
    }, 3_600_000);
    await world.untilReady();
    expect(await world.names(DEPLOYMENTS)).to.deep.equal([]);
  });
});

function podSpec(workload: KubeObject) {
  const { template } = workload.spec as {
    template: { spec: { containers: { image: string }[]; volumes?: object[] } };
  };
  return template.spec;
}
