import type { KubeObject } from '../kube/objects.js';
import { formatGib } from '../plan/bytes.js';
import { instanceTypeFromNode } from '../plan/instance-type-from-node.js';
import { findInstance } from '../plan/lookup.js';
import type { InstanceCatalog, InstanceType } from '../plugin/instance-catalog.js';
import type { ClaimRequest } from '../plugin/node-provisioner.js';

export const INSTANCE_TYPE = 'node.kubernetes.io/instance-type';

/**
 * What a driver shows of a GPU's nominal memory at least: 15,360 of the 16,384 MiB of a T4, 23,034 of the 24,576 MiB of an L4 (labels of
 * NVIDIA's GPU feature discovery).
 */
const SHOWN = 0.9;

/** What the node says of its GPUs; where it says nothing, what a catalog knows of the type that it names. */
export function factsOf({ metadata }: KubeObject, instances: readonly InstanceCatalog[]): InstanceType | undefined {
  const { labels = {} } = metadata;
  const read = instanceTypeFromNode(labels);
  return read.known ? read.instance : findInstance(instances, labels[INSTANCE_TYPE] ?? '');
}

/**
 * Why the GPUs of a node are not those that the Plan counts on; undefined when they are, or when nobody planned for any. Engine and flags
 * follow from generation and memory, and are the same on all nodes of a Workspace. A node that says nothing is believed where its type is
 * the planned one.
 */
export function unlike(
  { gpu, instanceType }: ClaimRequest,
  node: KubeObject,
  { among, instances }: { readonly among: ReadonlySet<string> | 'all'; readonly instances: readonly InstanceCatalog[] },
): string | undefined {
  if (gpu === undefined) return undefined;
  const has = factsOf(node, instances)?.gpu;
  if (has === undefined) {
    const type = node.metadata.labels?.[INSTANCE_TYPE];
    const believed = type === undefined ? among === 'all' : type.toLowerCase() === instanceType.toLowerCase();
    return believed
      ? undefined
      : `does not say what GPUs it has: install NVIDIA's GPU feature discovery, or label it ${INSTANCE_TYPE}=${instanceType}`;
  }
  const generations = [gpu.computeCapability, has.computeCapability];
  const sameGeneration = generations.includes(undefined) || generations[0] === generations[1];
  if (sameGeneration && has.memoryBytes >= gpu.memoryBytes * SHOWN) return undefined;
  return `has ${has.model} with ${formatGib(has.memoryBytes)}, and the Plan is for ${gpu.model} with ${formatGib(gpu.memoryBytes)}`;
}
