/**
 * What differs between the implementations of Karpenter: the node class a claim refers to, and the keys that class understands.
 * Plain data, so that an implementation nobody here has seen is a matter of configuration.
 */
export interface NodeClassProfile {
  readonly name: string;
  readonly nodeClassRef: { readonly group: string; readonly kind: string; readonly name: string };
  /** Value of `karpenter.sh/nodepool` on claims; the pool itself need not exist. */
  readonly nodePool: string;
  /**
   * The resource whose request carries the disk size, for implementations that read it from the claim. Upstream Karpenter
   * waits for every requested resource to show up on the node, and no kubelet reports `storage`: leave it out there.
   */
  readonly diskRequest?: 'storage' | 'ephemeral-storage';
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * gpu-provisioner 0.4: one AKS agent pool a claim. It serves `KaitoNodeClass`, which has no object and no CRD, and takes the OS
 * disk size from `requests.storage` (more than zero, or the launch fails).
 */
export const gpuProvisioner: NodeClassProfile = {
  name: 'gpu-provisioner',
  nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
  nodePool: 'kaito',
  diskRequest: 'storage',
  annotations: { 'kaito.sh/node-image-family': 'ubuntu' },
};
