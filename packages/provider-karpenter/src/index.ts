export { claimState } from './claim-state.js';
export { type FailureRule, failureOf } from './failures.js';
export { KarpenterProvisioner, type KarpenterProvisionerOptions } from './karpenter-provisioner.js';
export { NODE_CLAIMS, nodeClaim } from './node-claim.js';
export { requireNodeClass } from './node-class.js';
export { ownerFromLabels, ownershipLabels } from './ownership.js';
export { gpuProvisioner, type NodeClassProfile, profiles } from './profile.js';
export { type ProfileOverrides, profileOf } from './profile-of.js';
