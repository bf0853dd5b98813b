import type { KubeObject } from '../objects.js';

const quantity = {
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern:
    '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  'x-kubernetes-int-or-string': true,
};
export const quantities = { type: 'object', additionalProperties: quantity };
const duration = '^([0-9]+(s|m|h))+$';
const labelKey =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$';

export const taints = {
  type: 'array',
  items: {
    type: 'object',
    required: ['effect', 'key'],
    properties: {
      key: { type: 'string', minLength: 1, pattern: labelKey },
      value: { type: 'string' },
      effect: { type: 'string', enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
      timeAdded: { type: 'string', format: 'date-time' },
    },
  },
};

const nonEmpty = { type: 'string', minLength: 1 };

export const claimSpec = {
  type: 'object',
  required: ['nodeClassRef', 'requirements'],
  'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'spec is immutable' }],
  properties: {
    nodeClassRef: {
      type: 'object',
      required: ['group', 'kind', 'name'],
      properties: { group: { type: 'string', pattern: '^[^/]+$' }, kind: nonEmpty, name: nonEmpty },
    },
    requirements: {
      type: 'array',
      maxItems: 100,
      'x-kubernetes-validations': [
        {
          rule: "self.all(x, x.operator == 'In' ? x.values.size() != 0 : true)",
          message: "requirements with operator 'In' must have a value defined",
        },
        {
          rule: "self.all(x, (x.operator == 'Gt' || x.operator == 'Lt' || x.operator == 'Gte' || x.operator == 'Lte') ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)",
          message: "requirements operator 'Gt', 'Lt', 'Gte', or 'Lte' must have a single positive integer value",
        },
        {
          rule: "self.all(x, (x.operator == 'In' && has(x.minValues)) ? x.values.size() >= x.minValues : true)",
          message: "requirements with 'minValues' must have at least that many values specified in the 'values' field",
        },
      ],
      items: {
        type: 'object',
        required: ['key', 'operator'],
        properties: {
          key: {
            type: 'string',
            maxLength: 316,
            pattern: labelKey,
            'x-kubernetes-validations': [
              {
                rule: 'self in ["karpenter.sh/capacity-type", "karpenter.sh/nodepool"] || !self.find("^([^/]+)").endsWith("karpenter.sh")',
                message: 'label domain "karpenter.sh" is restricted',
              },
              {
                rule: 'self != "kubernetes.io/hostname"',
                message: 'label "kubernetes.io/hostname" is restricted',
              },
            ],
          },
          operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt', 'Gte', 'Lte'] },
          values: { type: 'array', items: { type: 'string' } },
          minValues: { type: 'integer', minimum: 1, maximum: 50 },
        },
      },
    },
    resources: { type: 'object', properties: { requests: quantities } },
    taints,
    startupTaints: taints,
    terminationGracePeriod: { type: 'string', pattern: duration },
    expireAfter: { type: 'string', pattern: '^(([0-9]+(s|m|h))+|Never)$', default: '720h' },
  },
};

export const conditions = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type', 'status', 'lastTransitionTime'],
    properties: {
      type: { type: 'string' },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      // Other kinds want a reason; here it may be empty.
      reason: { type: 'string', maxLength: 1024 },
      message: { type: 'string', maxLength: 32768 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    },
  },
};

export const claimStatus = {
  type: 'object',
  properties: {
    nodeName: { type: 'string' },
    providerID: { type: 'string' },
    imageID: { type: 'string' },
    capacity: quantities,
    allocatable: quantities,
    lastPodEventTime: { type: 'string', format: 'date-time' },
    conditions,
  },
};
const ready = `.status.conditions[?(@.type=="Ready")].status`;

/** The CustomResourceDefinition of `karpenter.sh/v1` NodeClaim: what Karpenter core 1.7 and later validate, without its prose. */
export const nodeClaimCrd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'nodeclaims.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    scope: 'Cluster',
    names: {
      plural: 'nodeclaims',
      singular: 'nodeclaim',
      kind: 'NodeClaim',
      listKind: 'NodeClaimList',
      categories: ['karpenter'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Type', type: 'string', jsonPath: '.metadata.labels.node\\.kubernetes\\.io/instance-type' },
          { name: 'Capacity', type: 'string', jsonPath: '.metadata.labels.karpenter\\.sh/capacity-type' },
          { name: 'Zone', type: 'string', jsonPath: '.metadata.labels.topology\\.kubernetes\\.io/zone' },
          { name: 'Node', type: 'string', jsonPath: '.status.nodeName' },
          { name: 'Ready', type: 'string', jsonPath: ready },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          { name: 'ImageID', type: 'string', priority: 1, jsonPath: '.status.imageID' },
          { name: 'ID', type: 'string', priority: 1, jsonPath: '.status.providerID' },
          { name: 'NodePool', type: 'string', priority: 1, jsonPath: '.metadata.labels.karpenter\\.sh/nodepool' },
          { name: 'NodeClass', type: 'string', priority: 1, jsonPath: '.spec.nodeClassRef.name' },
          {
            name: 'Drifted',
            type: 'string',
            priority: 1,
            jsonPath: '.status.conditions[?(@.type=="Drifted")].status',
          },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: claimSpec,
              status: claimStatus,
            },
          },
        },
      },
    ],
  },
};
