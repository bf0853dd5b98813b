import type { UnsupportedRules } from '@kaito-sdk/core/testing';

/** What each way of using Karpenter does not do: declared once for the tests and for the table in the README. */
export const unsupported: Readonly<
  Record<'gpu-provisioner' | 'Karpenter core' | 'static NodePool' | 'Machine', UnsupportedRules>
> = {
  'gpu-provisioner': {
    'PROV-07': 'it makes on-demand machines only; a claim for spot is refused before anything is made',
    'PROV-08': 'it sends no zone to the cloud',
  },
  'Karpenter core': {},
  'static NodePool': {},
  Machine: {
    'PROV-07': 'gpu-provisioner 0.2 makes on-demand machines only; a claim for spot is refused before anything is made',
    'PROV-08': 'gpu-provisioner 0.2 sends no zone to the cloud',
  },
};
