import { parseQuantity } from '../controllers/quantity.js';
import { type Condition, kind, type Taint } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { InstanceShapes } from './instance-shape.js';
import type { Bought } from './money-meter.js';

/** `karpenter.sh/v1` NodeClaim: a request for one machine. */
export interface NodeClaim extends KubeObject {
  spec: {
    readonly nodeClassRef?: { readonly group?: string; readonly kind?: string; readonly name?: string };
    readonly requirements?: readonly {
      readonly key: string;
      readonly operator: string;
      readonly values?: readonly string[];
    }[];
    readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
    readonly taints?: readonly Taint[];
    readonly startupTaints?: readonly Taint[];
  };
  status?: {
    readonly nodeName?: string;
    readonly providerID?: string;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
  };
}

export const nodeClaims = kind<NodeClaim>('karpenter.sh', 'v1', 'nodeclaims', 'NodeClaim');

/** A node class by group and kind; the object itself need not exist. */
export interface NodeClassKind {
  readonly group: string;
  readonly kind: string;
}

/** The class of gpu-provisioner 0.4: a marker without fields. */
export const kaitoNodeClass: NodeClassKind = { group: 'kaito.sh', kind: 'KaitoNodeClass' };

/**
 * Whether this cloud has anything to do with the claim. Others get no finalizer and no condition. Claims with one of
 * gpu-provisioner's ownership labels are its own whatever their class says (gpu-provisioner 0.4.3).
 */
export function isServed(claim: NodeClaim, classes: readonly NodeClassKind[]): boolean {
  const { group, kind: name } = claim.spec.nodeClassRef ?? {};
  if (classes.some((one) => one.group === group && one.kind === name)) return true;
  const labels = claim.metadata.labels ?? {};
  const forKaito = classes.some((one) => one.group === kaitoNodeClass.group && one.kind === kaitoNodeClass.kind);
  return forKaito && ('kaito.sh/workspace' in labels || 'kaito.sh/ragengine' in labels);
}

/** The instance type that the claim asks for: the first value of its requirement. */
export function instanceTypeOf(claim: NodeClaim): string | undefined {
  return claim.spec.requirements?.find(({ key }) => key === 'node.kubernetes.io/instance-type')?.values?.[0];
}

/** What the claim asks for beside the type: the first value of each requirement, as Karpenter core reads them. gpu-provisioner reads none. */
export function placementOf(claim: NodeClaim): Bought {
  if (isForGpuProvisioner(claim)) return {};
  const value = (key: string) => claim.spec.requirements?.find((one) => one.key === key)?.values?.[0];
  return {
    capacityType: value('karpenter.sh/capacity-type') === 'spot' ? 'spot' : 'on-demand',
    zone: value('topology.kubernetes.io/zone'),
  };
}

function isForGpuProvisioner({ spec }: NodeClaim): boolean {
  const { group, kind: name } = spec.nodeClassRef ?? {};
  return group === kaitoNodeClass.group && name === kaitoNodeClass.kind;
}

/** Why the claim can never be launched, or undefined. Checked before the cloud is called (gpu-provisioner 0.4.3). */
export function launchProblem(claim: NodeClaim, instances: InstanceShapes): string | undefined {
  const { name } = claim.metadata;
  const ofKaito = isForGpuProvisioner(claim);
  // The rules of agent pools are gpu-provisioner's; a Karpenter of another class has the disk size in the class.
  if (ofKaito && !/^[a-z][a-z0-9]{0,11}$/.test(name)) {
    return `agentpool name(${name}) is invalid, must match regex pattern: ^[a-z][a-z0-9]{0,11}$`;
  }
  const type = instanceTypeOf(claim);
  if (type === undefined) return `no requirement for instance type found in nodeclaim ${name}`;
  const storage = claim.spec.resources?.requests?.storage;
  if (ofKaito && (storage === undefined || !(parseQuantity(storage) > 0))) {
    return `storage request of nodeclaim(${name}) should be more than 0`;
  }
  if (instances[type] === undefined) {
    return `creating instance failed: VMSizeNotSupported: The VM size of ${type} is not allowed in your subscription in location 'devcluster'`;
  }
  return undefined;
}
