import type { ClaimRequest, ClaimState, KubeObject, ResourceKind } from '@kaito-sdk/core';
import { claimState } from './claim-state.js';
import { MACHINES, machine, machineState } from './machine.js';
import { NODE_CLAIMS, nodeClaim } from './node-claim.js';
import type { NodeClassProfile } from './profile.js';

/** A kind of object that stands for one node: how it is written, and how it is read. */
export interface ClaimForm {
  readonly resource: ResourceKind;
  render(request: ClaimRequest, profile: NodeClassProfile): KubeObject;
  /** Undefined for one that is nobody's. */
  state(object: KubeObject): ClaimState | undefined;
}

/** `karpenter.sh/v1` NodeClaim. */
export const nodeClaimForm: ClaimForm = { resource: NODE_CLAIMS, render: nodeClaim, state: claimState };

/** `karpenter.sh/v1alpha5` Machine, of gpu-provisioner 0.2 and Karpenter core up to 0.31. */
export const machineForm: ClaimForm = { resource: MACHINES, render: machine, state: machineState };
