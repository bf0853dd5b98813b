/**
 * What differs between the implementations of Karpenter: the node class a claim refers to, and the keys that class understands.
 * Plain data, so that an implementation nobody here has seen is a matter of configuration.
 */
export interface NodeClassProfile {
  readonly name: string;
  /** What brings the kinds that claims are made of, for those who have to install it. */
  readonly installer: string;
  readonly nodeClassRef: { readonly group: string; readonly kind: string; readonly name: string };
  /**
   * Where the node class can be looked up before a claim is made. Absent: it has no object (gpu-provisioner's), or nobody told.
   */
  readonly nodeClassResource?: { readonly version: string; readonly plural: string };
  /** Value of `karpenter.sh/nodepool` on claims; the pool itself need not exist. */
  readonly nodePool: string;
  /**
   * The resource whose request carries the disk size, for implementations that read it from the claim. Upstream Karpenter
   * waits for every requested resource to show up on the node, and no kubelet reports `storage`: leave it out there.
   */
  readonly diskRequest?: 'storage' | 'ephemeral-storage';
  /** Whether `karpenter.sh/capacity-type` is heeded: then claims say what they want, and spot can be had. @default false */
  readonly capacityTypes?: boolean;
  /** Requirements that this implementation wants beside the portable ones. */
  readonly requirements?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * gpu-provisioner 0.4: one AKS agent pool a claim. It serves `KaitoNodeClass`, which has no object and no CRD, and takes the OS
 * disk size from `requests.storage` (more than zero, or the launch fails).
 */
export const gpuProvisioner: NodeClassProfile = {
  name: 'gpu-provisioner',
  installer: "gpu-provisioner's Helm chart",
  nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
  nodePool: 'kaito',
  diskRequest: 'storage',
  annotations: { 'kaito.sh/node-image-family': 'ubuntu' },
};

/** A Karpenter that is built on Karpenter core 1.x: disk size and image stand in the node class, which must be there and Ready. */
function karpenterCore(
  installer: string,
  name: string,
  group: string,
  kind: string,
  version: string,
  plural: string,
): NodeClassProfile {
  return {
    name,
    installer,
    nodeClassRef: { group, kind, name: 'default' },
    nodeClassResource: { version, plural },
    nodePool: 'kaito',
    capacityTypes: true,
    annotations: {},
  };
}

/** Every profile by its name in the configuration. Groups, kinds and versions as the projects publish them. */
export const profiles: Readonly<Record<string, NodeClassProfile>> = {
  'gpu-provisioner': gpuProvisioner,
  azure: {
    ...karpenterCore(
      "AKS node auto-provisioning or Karpenter's Azure provider",
      'azure',
      'karpenter.azure.com',
      'AKSNodeClass',
      'v1beta1',
      'aksnodeclasses',
    ),
    requirements: [{ key: 'karpenter.azure.com/placement-scope', operator: 'In', values: ['regional'] }],
  },
  aws: {
    ...karpenterCore("Karpenter's AWS provider", 'aws', 'karpenter.k8s.aws', 'EC2NodeClass', 'v1', 'ec2nodeclasses'),
    requirements: [{ key: 'karpenter.k8s.aws/instance-gpu-count', operator: 'Gt', values: ['0'] }],
  },
  gcp: karpenterCore(
    "Karpenter's GCP provider",
    'gcp',
    'karpenter.k8s.gcp',
    'GCENodeClass',
    'v1alpha1',
    'gcenodeclasses',
  ),
  kwok: karpenterCore(
    "Karpenter's KWOK provider",
    'kwok',
    'karpenter.kwok.sh',
    'KWOKNodeClass',
    'v1alpha1',
    'kwoknodeclasses',
  ),
};
