import type { DevClusterOptions, SimulatedKarpenterOptions } from '@kaito-sdk/devcluster';
import { AksConfig, AksProvisioner } from '@kaito-sdk/provider-aks';
import { simulatedAzure } from '@kaito-sdk/provider-aks/testing';
import { type NodeClassProfile, profiles } from '@kaito-sdk/provider-karpenter';
import { World } from './world.js';

const MINUTE = 60_000;
const POOL_PROFILE = 'kwok';

/** Nodes from static NodePools, on a simulated Karpenter. */
export async function poolWorld(
  options: Partial<DevClusterOptions> = {},
  cloud: Partial<SimulatedKarpenterOptions> = {},
): Promise<World> {
  const profile = profiles[POOL_PROFILE] as NodeClassProfile;
  const world = await World.start(
    options,
    { staticPools: true, nodeClasses: [profile.nodeClassRef], ...cloud },
    { config: { '@kaito-sdk/provider-karpenter': { retired: 'warn', profile: POOL_PROFILE, object: 'NodePool' } } },
  );
  await installNodeClass(world, profile);
  return world;
}

/** Nodes from agent pools through the real Azure SDK, on a simulated Resource Manager. */
export async function aksWorld(options: Partial<DevClusterOptions> = {}, maxOperations = 3): Promise<World> {
  const shapes = ['Standard_NC6s_v3', 'Standard_NC24ads_A100_v4', 'Standard_NC4as_T4_v3'];
  const shape = { cpu: 24, memory: '200Gi', gpus: 1, ephemeralStorage: '1Ti' };
  const world = await World.start(
    {
      karpenter: false,
      arm: {
        instances: Object.fromEntries(shapes.map((type) => [type, shape])),
        delays: { launch: 4 * MINUTE, join: MINUTE, gpu: 2 * MINUTE, terminate: 2 * MINUTE },
        maxOperations,
      },
      ...options,
    },
    {},
    { provisioner: 'aks', config: { '@kaito-sdk/provider-aks': { retired: 'warn' } } },
  );
  const arm = world.cluster.arm!;
  let calls = 0;
  world.clock.busyWhile(() => calls > 0);
  world.connect = (wire) => {
    const azure = simulatedAzure(arm, {
      around: (method, send) => wire.pass(method !== 'GET', send),
      calls: (change) => {
        calls += change;
      },
    });
    return (cluster) => new AksProvisioner(cluster, { ...new AksConfig(), azure });
  };
  return world;
}

/** Makes the kind of node class known, and one that is ready. */
export async function installNodeClass(
  { cluster }: World,
  { nodeClassRef, nodeClassResource }: NodeClassProfile,
): Promise<void> {
  const { group, kind, name } = nodeClassRef;
  const { version = '', plural = '' } = nodeClassResource ?? {};
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await cluster.client.create({ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  } as never);
  await cluster.client.create({ group, version, plural }, {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }] },
  } as never);
}
