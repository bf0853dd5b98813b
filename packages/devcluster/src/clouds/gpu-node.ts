import { controllerReference } from '../controllers/ownership.js';
import type { KubeObject } from '../objects.js';
import type { ClaimApi } from './claim-api.js';
import type { InstanceShape } from './instance-shape.js';
import { type NodeClaim, placementOf } from './node-claim.js';
import { nodeObject } from './simulated-node.js';

const scaleSetHash = '12345678';

/** The name that AKS would give the only node of the agent pool named like the claim; that of a machine for other node classes. */
export function nodeNameOf(claim: NodeClaim): string {
  const { name } = claim.metadata;
  return isInAgentPool(claim)
    ? `aks-${name}-${scaleSetHash}-vmss000000`
    : `vm-${name.slice(-50).replace(/^[-.]+/, '')}`;
}

function isInAgentPool({ spec }: NodeClaim): boolean {
  return spec.nodeClassRef === undefined || spec.nodeClassRef.group === 'kaito.sh';
}

/** The cloud's own id of the machine, in the shape that gpu-provisioner parses the pool name back from. */
export function providerIdOf(claim: NodeClaim): string {
  const subscription = '00000000-0000-0000-0000-000000000000';
  return `azure:///subscriptions/${subscription}/resourceGroups/mc_devcluster/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${claim.metadata.name}-${scaleSetHash}-vmss/virtualMachines/0`;
}

/**
 * The registered Node of a claim, with the labels that gpu-provisioner 0.4.3 sends to AKS, those that AKS adds itself and
 * those of Karpenter's registration; owned by its claim and held by Karpenter's finalizer.
 */
export function gpuNode(
  claim: NodeClaim,
  api: ClaimApi,
  type: string,
  shape: InstanceShape,
  gpusVisible: boolean,
  now: number,
): KubeObject {
  const { name, labels = {}, annotations, creationTimestamp = '' } = claim.metadata;
  const gpu = (shape.gpus ?? 0) > 0;
  const { capacityType, zone } = placementOf(claim);
  const node = nodeObject(
    {
      name: nodeNameOf(claim),
      shape,
      gpusVisible,
      providerID: providerIdOf(claim),
      // Registration copies all annotations of the claim, wanted or not.
      ...(annotations === undefined ? {} : { annotations }),
      taints: [...(claim.spec.taints ?? []), ...(claim.spec.startupTaints ?? [])],
      labels: {
        ...api.nodeLabels,
        ...labels,
        // By the name of the size alone, as the real one decides it.
        'kaito.sh/machine-type': type.includes('Standard_N') ? 'gpu' : 'cpu',
        'kaito.sh/creation-timestamp': creationTimestamp.replaceAll(':', '-'),
        ...(isInAgentPool(claim)
          ? { agentpool: name, 'kubernetes.azure.com/agentpool': name, 'kubernetes.azure.com/mode': 'user' }
          : {}),
        'node.kubernetes.io/instance-type': type,
        'beta.kubernetes.io/instance-type': type,
        'karpenter.sh/registered': 'true',
        // Of the offering that Karpenter core has chosen.
        ...(capacityType === undefined ? {} : { 'karpenter.sh/capacity-type': capacityType }),
        ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
        ...(gpu ? { accelerator: 'nvidia', 'kubernetes.azure.com/accelerator': 'nvidia' } : {}),
      },
    },
    now,
  );
  const { controller: _, ...owner } = controllerReference(api.kind, claim);
  node.metadata.ownerReferences = [owner];
  node.metadata.finalizers = ['karpenter.sh/termination'];
  return node;
}
