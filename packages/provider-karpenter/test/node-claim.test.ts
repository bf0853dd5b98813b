import { type ClaimRequest, gib } from '@kaito-sdk/core';
import { gpuProvisioner, nodeClaim } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';

const request: ClaimRequest = {
  name: 'ws0a1b2c3d4',
  owner: { namespace: 'default', name: 'workspace-phi-3-mini', uid: 'u-1' },
  instanceType: 'Standard_NC6s_v3',
  capacityType: 'on-demand',
  diskBytes: gib(87),
  labels: { apps: 'phi-3' },
};

describe('the NodeClaim for gpu-provisioner', () => {
  it('is what KAITO would send, but for the node pool expiry and the owner', () => {
    expect(nodeClaim(request, gpuProvisioner)).to.deep.equal({
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodeClaim',
      metadata: {
        name: 'ws0a1b2c3d4',
        labels: {
          apps: 'phi-3',
          'kaito.sh/workspace': 'workspace-phi-3-mini',
          'kaito.sh/workspacenamespace': 'default',
          'karpenter.sh/nodepool': 'kaito',
        },
        annotations: {
          'kaito.sh/node-image-family': 'ubuntu',
          'karpenter.sh/do-not-disrupt': 'true',
          'kaito-sdk.dev/owner-uid': 'u-1',
        },
      },
      spec: {
        nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
        requirements: [
          { key: 'karpenter.sh/nodepool', operator: 'In', values: ['kaito'] },
          { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_NC6s_v3'] },
          { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
        ],
        taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
        expireAfter: 'Never',
        resources: { requests: { storage: '87Gi' } },
      },
    });
  });

  it('lets no label of the user take the place of an ownership label', () => {
    const labels = { 'kaito.sh/workspace': 'somebody-else', 'karpenter.sh/nodepool': 'theirs' };
    const claim = nodeClaim({ ...request, labels }, gpuProvisioner);
    expect(claim.metadata.labels).to.include({
      'kaito.sh/workspace': 'workspace-phi-3-mini',
      'karpenter.sh/nodepool': 'kaito',
    });
  });

  it('asks for whole GiB of disk and never for less than one, which would mean the default size', () => {
    const disk = (diskBytes: ClaimRequest['diskBytes']) =>
      (nodeClaim({ ...request, diskBytes }, gpuProvisioner).spec as { resources: unknown }).resources;
    expect(disk(gib(10.2))).to.deep.equal({ requests: { storage: '11Gi' } });
    expect(disk(gib(0))).to.deep.equal({ requests: { storage: '1Gi' } });
  });

  it('requests no disk where Karpenter would wait for it on the node for ever', () => {
    const { diskRequest: _, ...upstream } = gpuProvisioner;
    expect(nodeClaim(request, upstream).spec).to.not.have.property('resources');
  });

  it('adds the zone when the plan names one', () => {
    const { requirements } = nodeClaim({ ...request, zone: 'eastus-1' }, gpuProvisioner).spec as {
      requirements: unknown[];
    };
    expect(requirements).to.deep.include({ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['eastus-1'] });
  });
});
