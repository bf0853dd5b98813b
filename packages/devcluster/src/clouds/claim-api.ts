import { type Kind, kind } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { machineCrd } from './machine-crd.js';
import { type NodeClaim, nodeClaims } from './node-claim.js';
import { nodeClaimCrd } from './node-claim-crd.js';

/** The kind of object by which a Karpenter is asked for a machine. */
export interface ClaimApi {
  readonly kind: Kind<NodeClaim>;
  readonly crd: KubeObject;
  /** Before the name of each stage in the conditions. */
  readonly conditionPrefix: '' | 'Machine';
  /** Label and value that every node gets, unless the claim says otherwise. */
  readonly nodeLabels: Readonly<Record<string, string>>;
}

/** `karpenter.sh/v1alpha5` Machine. */
export const machines = kind<NodeClaim>('karpenter.sh', 'v1alpha5', 'machines', 'Machine');

export const claimApis: Readonly<Record<'NodeClaim' | 'Machine', ClaimApi>> = {
  NodeClaim: {
    kind: nodeClaims,
    crd: nodeClaimCrd,
    conditionPrefix: '',
    nodeLabels: { 'karpenter.sh/nodepool': 'kaito' },
  },
  Machine: {
    kind: machines,
    crd: machineCrd,
    conditionPrefix: 'Machine',
    nodeLabels: { 'karpenter.sh/provisioner-name': 'default' },
  },
};
