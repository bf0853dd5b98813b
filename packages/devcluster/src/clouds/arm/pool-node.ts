import type { Taint } from '../../kinds.js';
import type { KubeObject } from '../../objects.js';
import type { InstanceShape } from '../instance-shape.js';
import { nodeObject } from '../simulated-node.js';
import type { AgentPoolRecord } from './agent-pool.js';

const scaleSetHash = '12345678';

/** The name that AKS gives the only node of a pool. */
export function poolNodeName(pool: string): string {
  return `aks-${pool}-${scaleSetHash}-vmss000000`;
}

/**
 * The registered Node of a pool with the labels and taints that were asked for and those that AKS adds: both pool labels, mode,
 * size, zone, `accelerator`, and for spot machines the label and the taint of their priority.
 */
export function poolNode(
  pool: AgentPoolRecord,
  location: string,
  shape: InstanceShape,
  gpusVisible: boolean,
  now: number,
): KubeObject {
  const { name, properties } = pool;
  const {
    vmSize = '',
    nodeLabels = {},
    nodeTaints = [],
    mode = 'User',
    scaleSetPriority,
    availabilityZones,
  } = properties;
  const spot = scaleSetPriority === 'Spot';
  const zone = availabilityZones?.[0];
  return nodeObject(
    {
      name: poolNodeName(name),
      shape,
      gpusVisible,
      providerID: `azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc_devcluster/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${name}-${scaleSetHash}-vmss/virtualMachines/0`,
      taints: [
        ...nodeTaints.map(taint),
        ...(spot ? [taint('kubernetes.azure.com/scalesetpriority=spot:NoSchedule')] : []),
      ],
      labels: {
        ...nodeLabels,
        agentpool: name,
        'kubernetes.azure.com/agentpool': name,
        'kubernetes.azure.com/mode': mode.toLowerCase(),
        'node.kubernetes.io/instance-type': vmSize,
        'beta.kubernetes.io/instance-type': vmSize,
        'topology.kubernetes.io/region': location,
        // Machines without a zone are in fault domain 0 of the region.
        'topology.kubernetes.io/zone': zone === undefined ? '0' : `${location}-${zone}`,
        ...(spot ? { 'kubernetes.azure.com/scalesetpriority': 'spot' } : {}),
        ...((shape.gpus ?? 0) > 0 ? { accelerator: 'nvidia', 'kubernetes.azure.com/accelerator': 'nvidia' } : {}),
      },
    },
    now,
  );
}

function taint(text: string): Taint {
  const [, key = '', value = '', effect = ''] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(text) ?? [];
  return { key, value, effect: effect as Taint['effect'] };
}
