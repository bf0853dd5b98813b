import type { AgentPool } from '@azure/arm-containerservice';
import type { ClaimRequest } from '@kaito-sdk/core';
import type { AksConfig } from './aks-config.js';
import { ownershipOf } from './pool-ownership.js';

/** Label with the time of the claim. A label's value takes no colons, so they are dashes, as gpu-provisioner writes them. */
export const CREATED = 'kaito.sh/creation-timestamp';

/** What of the configuration shows in a pool. */
export type PoolDefaults = Pick<AksConfig, 'nodeImageFamily' | 'gpuDriver' | 'vnetSubnetId' | 'tags'>;

/** The agent pool of one claim: one machine. Explicit wherever a default of AKS could change. */
export function agentPoolBody(request: ClaimRequest, defaults: PoolDefaults, now: number): AgentPool {
  const { nodeLabels, tags } = ownershipOf(request.owner);
  return {
    count: 1,
    vmSize: request.instanceType,
    // Rounded up; 0 would mean the size's own default.
    osDiskSizeGB: Math.max(1, Math.ceil(request.diskBytes / 2 ** 30)),
    osType: 'Linux',
    osSKU: defaults.nodeImageFamily === 'azurelinux' ? 'AzureLinux' : 'Ubuntu',
    typePropertiesType: 'VirtualMachineScaleSets',
    mode: 'User',
    enableAutoScaling: false,
    ...(request.gpu?.vendor !== 'none'
      ? { gpuProfile: { driver: defaults.gpuDriver === 'none' ? ('None' as const) : ('Install' as const) } }
      : {}),
    ...priority(request.capacityType),
    ...(request.zone === undefined ? {} : { availabilityZones: [zoneNumber(request.zone)] }),
    ...(defaults.vnetSubnetId === undefined ? {} : { vnetSubnetID: defaults.vnetSubnetId }),
    nodeTaints: ['sku=gpu:NoSchedule'],
    nodeLabels: {
      ...request.labels,
      ...nodeLabels,
      'kaito.sh/machine-type': 'gpu',
      [CREATED]: `${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z`,
    },
    tags: { ...defaults.tags, ...tags },
  };
}

/** The time in a {@link CREATED} label as RFC 3339; undefined when there is none or it is of another form. */
export function createdAt(labels: Readonly<Record<string, string>>): string | undefined {
  const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z$/.exec(labels[CREATED] ?? '') ?? [];
  return day === undefined ? undefined : `${day}T${hour}:${minute}:${second}Z`;
}

/** At most the price on demand (`-1`), and gone for good when evicted: a deallocated machine would still block its disk quota. */
function priority(capacityType: ClaimRequest['capacityType']): AgentPool {
  return capacityType === 'spot'
    ? { scaleSetPriority: 'Spot', scaleSetEvictionPolicy: 'Delete', spotMaxPrice: -1 }
    : { scaleSetPriority: 'Regular' };
}

/** Nodes say `westeurope-1`, Azure takes `1`. */
function zoneNumber(zone: string): string {
  return zone.slice(zone.lastIndexOf('-') + 1);
}
