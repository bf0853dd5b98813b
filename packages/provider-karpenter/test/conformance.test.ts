import { provisionerConformance } from '@kaito-sdk/core/testing';
import { gpuProvisioner } from '@kaito-sdk/provider-karpenter';
import { karpenterWorld } from './support/karpenter-world.js';

provisionerConformance('karpenter, NodeClaim', () => karpenterWorld({ profile: gpuProvisioner }), {
  unsupported: {
    'PROV-07': 'gpu-provisioner makes on-demand machines only',
    'PROV-08': 'gpu-provisioner sends no zone',
  },
});
