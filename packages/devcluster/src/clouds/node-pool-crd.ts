import type { KubeObject } from '../objects.js';
import { claimSpec, conditions, quantities } from './node-claim-crd.js';

const { resources: _, ...templateProperties } = claimSpec.properties;
const restricted = (name: string) => ({
  rule: `self.all(x, x != "${name}")`,
  message: `label "${name}" is restricted`,
});

const templateLabels = {
  type: 'object',
  maxProperties: 100,
  additionalProperties: { type: 'string', maxLength: 63 },
  'x-kubernetes-validations': [
    {
      rule: 'self.all(x, x in ["karpenter.sh/capacity-type", "karpenter.sh/nodepool"] || !x.find("^([^/]+)").endsWith("karpenter.sh"))',
      message: 'label domain "karpenter.sh" is restricted',
    },
    restricted('karpenter.sh/nodepool'),
    restricted('kubernetes.io/hostname'),
  ],
};

const spec = {
  type: 'object',
  required: ['template'],
  'x-kubernetes-validations': [
    {
      rule: 'has(self.replicas) == has(oldSelf.replicas)',
      message:
        'Cannot transition NodePool between static (replicas set) and dynamic (replicas unset) provisioning modes',
    },
    {
      rule: "!has(self.replicas) || (!has(self.limits) || size(self.limits) == 0 || (size(self.limits) == 1 && 'nodes' in self.limits))",
      message: "only 'limits.nodes' is supported on static NodePools",
    },
    { rule: '!has(self.replicas) || !has(self.weight)', message: "'weight' is not supported on static NodePools" },
  ],
  properties: {
    replicas: { type: 'integer', format: 'int64', minimum: 0 },
    weight: { type: 'integer', format: 'int32', minimum: 1, maximum: 100 },
    limits: quantities,
    disruption: {
      type: 'object',
      required: ['consolidateAfter'],
      default: { consolidateAfter: '0s' },
      properties: {
        consolidateAfter: { type: 'string', pattern: '^(([0-9]+(s|m|h))+|Never)$' },
        consolidationPolicy: {
          type: 'string',
          enum: ['WhenEmpty', 'WhenEmptyOrUnderutilized'],
          default: 'WhenEmptyOrUnderutilized',
        },
        budgets: {
          type: 'array',
          maxItems: 50,
          default: [{ nodes: '10%' }],
          items: {
            type: 'object',
            required: ['nodes'],
            properties: {
              nodes: { type: 'string', pattern: '^((100|[0-9]{1,2})%|[0-9]+)$', default: '10%' },
              reasons: { type: 'array', items: { type: 'string', enum: ['Underutilized', 'Empty', 'Drifted'] } },
              schedule: { type: 'string' },
              duration: { type: 'string' },
            },
          },
        },
      },
    },
    template: {
      type: 'object',
      required: ['spec'],
      properties: {
        metadata: {
          type: 'object',
          properties: {
            labels: templateLabels,
            annotations: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
        spec: { type: 'object', required: ['nodeClassRef', 'requirements'], properties: templateProperties },
      },
    },
  },
};

/** The CustomResourceDefinition of `karpenter.sh/v1` NodePool: what Karpenter core 1.14 validates of static pools, without its prose. */
export const nodePoolCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'nodepools.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    scope: 'Cluster',
    names: {
      plural: 'nodepools',
      singular: 'nodepool',
      kind: 'NodePool',
      listKind: 'NodePoolList',
      categories: ['karpenter'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.nodes' },
        },
        additionalPrinterColumns: [
          { name: 'NodeClass', type: 'string', jsonPath: '.spec.template.spec.nodeClassRef.name' },
          { name: 'Nodes', type: 'string', jsonPath: '.status.nodes' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec,
              status: {
                type: 'object',
                properties: { nodes: { type: 'integer', format: 'int64' }, resources: quantities, conditions },
              },
            },
          },
        },
      },
    ],
  },
};
