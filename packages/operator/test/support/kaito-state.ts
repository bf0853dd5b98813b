import { gzipSync } from 'node:zlib';
import {
  apiVersionOf,
  crdOf,
  type KubeClient,
  type KubeObject,
  kindOf,
  registerKind,
  Workspace,
} from '@kaito-sdk/core';
import '@kaito-sdk/operator';
import { NODE_CLAIMS } from '@kaito-sdk/provider-karpenter';
import { stringify } from 'yaml';

registerKind({ ...NODE_CLAIMS });

/** Where KAITO's chart is installed, as its own guide says. */
export const KAITO_RELEASE = { name: 'kaito-workspace', namespace: 'kaito-workspace' } as const;

const helmMetadata = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: {
    'meta.helm.sh/release-name': KAITO_RELEASE.name,
    'meta.helm.sh/release-namespace': KAITO_RELEASE.namespace,
  },
};

/** KAITO's CustomResourceDefinition: without our fields, with a default for the machine, and without the policy that would keep it. */
export function kaitoCrd(): KubeObject {
  const crd = structuredClone(crdOf(Workspace)) as unknown as {
    metadata: object;
    spec: {
      versions: { name: string; schema: { openAPIV3Schema: { properties: Record<string, { properties: object }> } } }[];
    };
  };
  crd.metadata = { name: 'workspaces.kaito.sh', ...helmMetadata };
  for (const { name, schema } of crd.spec.versions) {
    const { resource, status } = schema.openAPIV3Schema.properties;
    const {
      instanceType,
      alternatives: _a,
      priceLimit: _p,
      ...others
    } = (resource?.properties ?? {}) as Record<string, object>;
    // As head serves the old version; its stored one has no default.
    const defaulted = { ...instanceType, ...(name === 'v1alpha1' && { default: 'Standard_NC24ads_A100_v4' }) };
    if (resource) resource.properties = { ...others, instanceType: defaulted };
    const {
      plan: _,
      attempts: __,
      adapters: ___,
      tuning: ____,
      tunedAdapters: _____,
      ...left
    } = (status?.properties ?? {}) as Record<string, object>;
    if (status) status.properties = left;
  }
  return crd as unknown as KubeObject;
}

/** KAITO's chart as objects, in the order in which Helm makes them. */
export function kaitoChart(): readonly KubeObject[] {
  const { namespace } = KAITO_RELEASE;
  const labels = { app: 'kaito-workspace' };
  const webhooks = [
    {
      name: 'validation.workspace.kaito.sh',
      clientConfig: {
        service: { name: 'kaito-workspace', namespace, path: '/validate/workspace.kaito.sh', port: 9443 },
      },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      rules: [
        { apiGroups: ['kaito.sh'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['workspaces'] },
      ],
    },
  ];
  return [
    kaitoCrd(),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'kaito-workspace', namespace, ...helmMetadata },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'workspace', image: 'ghcr.io/kaito-project/kaito/workspace:0.12.0' }] },
        },
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'validation.workspace.kaito.sh', ...helmMetadata },
      webhooks,
    },
  ];
}

/** The Secret in which Helm keeps the release: base64 of gzip of JSON, and base64 once more because it is a Secret. */
export function helmSecret(objects: readonly KubeObject[]): KubeObject {
  const manifest = objects.map((object) => `---\n# Source: workspace/templates/x.yaml\n${stringify(object)}`).join('');
  const text = `{"name":"${KAITO_RELEASE.name}","version":1,"chart":{"values":{"big":12345678901234567890,"share":1.0}},"manifest":${JSON.stringify(manifest)}}`;
  const inner = gzipSync(Buffer.from(text)).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `sh.helm.release.v1.${KAITO_RELEASE.name}.v1`,
      namespace: KAITO_RELEASE.namespace,
      labels: { owner: 'helm', name: KAITO_RELEASE.name, status: 'deployed', version: '1' },
    },
    type: 'helm.sh/release.v1',
    data: { release: Buffer.from(inner).toString('base64') },
  };
}

/** What a Workspace asks for. */
export interface KaitoAsks {
  readonly name: string;
  /** Deployment: v0.3. StatefulSet: head. Job: tuning. */
  readonly kind: 'Deployment' | 'StatefulSet' | 'Job';
  readonly instanceType?: string;
  readonly preset?: string;
  readonly replicas?: number;
  readonly tuning?: object;
  /** Nodes that are there already: no type is asked for, and nothing is claimed. */
  readonly own?: boolean;
}

const T4 = 'Standard_NC4as_T4_v3';

export function kaitoWorkspace(asks: KaitoAsks): KubeObject {
  const { name, instanceType = T4, preset = 'phi-3-mini-4k-instruct', replicas = 1, tuning, own = false } = asks;
  const labelSelector = { matchLabels: { apps: name } };
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name,
      namespace: 'default',
      finalizers: ['workspace.finalizer.kaito.sh'],
      annotations: { 'workspace.kaito.io/hash': 'f'.repeat(64), 'workspace.kaito.io/revision': '1' },
    },
    resource: { count: replicas, labelSelector, ...(own ? {} : { instanceType }) },
    ...(tuning === undefined ? { inference: { preset: { name: preset } } } : { tuning }),
  };
}

/** What gpu-provisioner 0.4 serves (contract §4.1). */
const gpuProvisionerClass = {
  nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
  resources: { requests: { storage: '87Gi' } },
};

/** The claim for a node of it. */
export function kaitoClaim(
  { name, instanceType = T4 }: KaitoAsks,
  claim: string,
  nodeClass: object = gpuProvisionerClass,
): KubeObject {
  return {
    apiVersion: apiVersionOf(NODE_CLAIMS),
    kind: 'NodeClaim',
    metadata: {
      name: claim,
      labels: {
        'karpenter.sh/nodepool': 'kaito',
        'kaito.sh/workspace': name,
        'kaito.sh/workspacenamespace': 'default',
        apps: name,
      },
      annotations: { 'karpenter.sh/do-not-disrupt': 'true', 'kaito.sh/node-image-family': 'ubuntu' },
    },
    spec: {
      ...nodeClass,
      requirements: [
        { key: 'karpenter.sh/nodepool', operator: 'In', values: ['kaito'] },
        { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [instanceType] },
        { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
      ],
      taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
    },
  };
}

/** Services, workload and revision of a Workspace that is stored, as the contract describes them (§3.3 to §3.6). */
export function kaitoObjects(asks: KaitoAsks, workspace: KubeObject): readonly KubeObject[] {
  const { name, kind, replicas = 1, own = false } = asks;
  const { uid = '' } = workspace.metadata;
  const ownerReferences = [
    { apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace', name, uid, controller: true, blockOwnerDeletion: true },
  ];
  const metadata = { namespace: 'default', ownerReferences };
  const labels = { 'kaito.sh/workspace': name };
  const nodes = { apps: name, ...(own ? {} : { ...labels, 'kaito.sh/workspacenamespace': 'default' }) };
  const matchExpressions = Object.entries(nodes).map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  const template = {
    metadata: { labels },
    spec: {
      ...(kind === 'Job' ? { restartPolicy: 'Never' } : {}),
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
        },
      },
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
      ],
      containers: [
        {
          name,
          image: 'mcr.microsoft.com/aks/kaito/kaito-base:0.1.1',
          command: [
            '/bin/sh',
            '-c',
            'python3 /workspace/vllm/inference_api.py --model=microsoft/Phi-3-mini-4k-instruct',
          ],
          env: [{ name: 'VLLM_USE_FLASHINFER_SAMPLER', value: '0' }],
          resources: { limits: { 'nvidia.com/gpu': '1' }, requests: { 'nvidia.com/gpu': '1' } },
        },
      ],
    },
  };
  const podName = kind === 'StatefulSet' ? { 'statefulset.kubernetes.io/pod-name': `${name}-0` } : {};
  const service = (serviceName: string, spec: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, name: serviceName },
    spec: { ...spec, publishNotReadyAddresses: true },
  });
  const revision: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      ...metadata,
      name: `${name}-fffff`,
      labels: { 'workspace.kaito.io/name': name },
      annotations: { 'workspace.kaito.io/hash': 'f'.repeat(64) },
    },
    data: { resource: workspace.resource },
    revision: 1,
  };
  if (kind === 'Job') {
    return [
      revision,
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { ...metadata, name, labels, annotations: { 'workspace.kaito.io/revision': '1' } },
        spec: { template },
      },
    ];
  }
  return [
    revision,
    service(name, {
      ports: [
        { name: 'http', port: 80, targetPort: 5000, protocol: 'TCP' },
        { name: 'ray', port: 6379, targetPort: 6379, protocol: 'TCP' },
      ],
      selector: { ...labels, ...podName },
    }),
    service(`${name}-headless`, {
      clusterIP: 'None',
      selector: labels,
      ports: [{ name: 'torchrun', port: 29500, targetPort: 29500, protocol: 'TCP' }],
    }),
    {
      apiVersion: 'apps/v1',
      kind,
      metadata: { ...metadata, name, annotations: { 'workspace.kaito.io/revision': '1' } },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template,
        ...(kind === 'StatefulSet' ? { serviceName: `${name}-headless`, podManagementPolicy: 'Parallel' } : {}),
      },
    },
  ];
}

/** What KAITO says in the status of a Workspace that serves (contract §1.1). */
export function kaitoStatus(nodes: readonly string[], at: string): object {
  const condition = (type: string, reason: string) => ({
    type,
    status: 'True',
    reason,
    message: 'as KAITO says it',
    lastTransitionTime: at,
  });
  return {
    workerNodes: nodes,
    state: 'Ready',
    targetNodeCount: nodes.length,
    conditions: [
      condition('NodeClaimReady', 'NodeClaimsReady'),
      condition('NodesReady', 'NodesReady'),
      condition('ResourceReady', 'workspaceResourceStatusSuccess'),
      condition('InferenceReady', 'WorkspaceInferenceStatusSuccess'),
      condition('WorkspaceSucceeded', 'workspaceSucceeded'),
      condition('BenchmarkCompleted', 'BenchmarkCompleted'),
    ],
  };
}

/** Writes objects as whoever the client is. */
export async function createAll(
  client: KubeClient,
  objects: readonly KubeObject[],
  options: { readonly fieldManager?: string } = {},
): Promise<void> {
  for (const object of objects) await client.create(kindOf(object), object, options);
}

/** The objects of KAITO's chart, deleted as `helm uninstall` does: by the manifest that is stored with the release, and nothing by the cluster. */
export async function uninstall(client: KubeClient, manifest: readonly KubeObject[]): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const object of manifest) {
    const { metadata } = object;
    if (metadata.annotations?.['helm.sh/resource-policy'] === 'keep') kept.push(metadata.name);
    else await client.delete(kindOf(object), metadata.namespace, metadata.name, { propagationPolicy: 'Background' });
  }
  return kept;
}
