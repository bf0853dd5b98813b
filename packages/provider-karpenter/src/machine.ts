import {
  apiVersionOf,
  type ClaimRequest,
  type ClaimState,
  type Condition,
  type KubeObject,
  type ResourceKind,
} from '@kaito-sdk/core';
import { claimState } from './claim-state.js';
import { wholeGibibytes } from './node-claim.js';
import { OWNER_UID, ownershipLabels } from './ownership.js';

export const MACHINES: ResourceKind = {
  group: 'karpenter.sh',
  version: 'v1alpha5',
  kind: 'Machine',
  plural: 'machines',
  namespaced: false,
};

/** The provisioner that KAITO up to 0.3 named; gpu-provisioner 0.2 needs the label and looks for no object of that name. */
const PROVISIONER = 'default';

/** The Machine for one node, as KAITO 0.3 wrote it for gpu-provisioner 0.2. */
export function machine(request: ClaimRequest): KubeObject {
  const { name, owner, labels, instanceType, diskBytes } = request;
  const required = (key: string, value: string) => ({ key, operator: 'In', values: [value] });
  return {
    apiVersion: apiVersionOf(MACHINES),
    kind: MACHINES.kind,
    metadata: {
      name,
      labels: { ...labels, ...ownershipLabels(owner), 'karpenter.sh/provisioner-name': PROVISIONER },
      annotations: { 'karpenter.sh/do-not-consolidate': 'true', [OWNER_UID]: owner.uid },
    },
    spec: {
      machineTemplateRef: { name },
      requirements: [
        required('node.kubernetes.io/instance-type', instanceType),
        required('karpenter.sh/provisioner-name', PROVISIONER),
        required('kaito.sh/machine-type', 'gpu'),
        required('kubernetes.io/arch', 'amd64'),
        required('kubernetes.io/os', 'linux'),
      ],
      taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
      // gpu-provisioner 0.2 takes the bare number for GiB, and overflows on a suffix.
      resources: { requests: { storage: String(wholeGibibytes(diskBytes)) } },
    },
  };
}

/** What a Machine says of itself: its conditions are those of a NodeClaim, under names of their own. */
export function machineState(object: KubeObject): ClaimState | undefined {
  const { conditions = [], ...status } = (object.status ?? {}) as { readonly conditions?: readonly Condition[] };
  const renamed = conditions.map((condition) => ({ ...condition, type: condition.type.replace(/^Machine/, '') }));
  const state = claimState({ ...object, status: { ...status, conditions: renamed } });
  if (state?.reason !== 'NotTakenUp') return state;
  return { ...state, message: 'no controller has taken it up: does a gpu-provisioner 0.2 run, which serves Machines?' };
}
