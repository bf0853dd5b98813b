export { claimState } from './claim-state.js';
export { type FailureRule, failureOf } from './failures.js';
export { KarpenterProvisioner, type KarpenterProvisionerOptions } from './karpenter-provisioner.js';
export { NODE_CLAIMS, nodeClaim } from './node-claim.js';
export { ownerFromLabels, ownershipLabels } from './ownership.js';
export { gpuProvisioner, type NodeClassProfile } from './profile.js';
