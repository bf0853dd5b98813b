import type { KubeObject } from '../objects.js';
import { claimSpec, claimStatus, quantities, taints } from './node-claim-crd.js';

const { requirements } = claimSpec.properties;
const named = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, kind: { type: 'string' } },
};

/** The CustomResourceDefinition of `karpenter.sh/v1alpha5` Machine, as far as Karpenter core 0.29 was told of: its spec may be changed. */
export const machineCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'machines.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    scope: 'Cluster',
    names: {
      plural: 'machines',
      singular: 'machine',
      kind: 'Machine',
      listKind: 'MachineList',
      categories: ['karpenter'],
    },
    versions: [
      {
        name: 'v1alpha5',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: {
                type: 'object',
                required: ['machineTemplateRef'],
                properties: {
                  machineTemplateRef: named,
                  requirements: { type: 'array', items: { ...requirements.items, properties: plainKeys() } },
                  resources: { type: 'object', properties: { requests: quantities } },
                  taints,
                  startupTaints: taints,
                },
              },
              status: claimStatus,
            },
          },
        },
      },
    ],
  },
};

/** v1alpha5 named its own labels in requirements, which v1 forbids. */
function plainKeys(): object {
  const { properties } = requirements.items;
  return { ...properties, key: { type: 'string' } };
}
