import type { AgentPoolProperties, AgentPoolRecord } from './agent-pool.js';
import { ArmError } from './arm-exchange.js';
import type { ArmFault } from './arm-fault.js';
import type { SimulatedArmOptions } from './simulated-arm.js';

/** What the cloud has and what the subscription may use. */
type Limits = Pick<SimulatedArmOptions, 'instances' | 'skus' | 'vcpuQuota' | 'capacity' | 'maxOperations'>;

/** Refuses at once what does not exist, is not sold to this subscription, or exceeds its quota. @throws {ArmError} 400, in its code */
export function refuseSize(
  { vmSize = '' }: AgentPoolProperties,
  limits: Limits,
  location: string,
  pools: readonly AgentPoolRecord[],
): void {
  const { instances, skus, vcpuQuota } = limits;
  const vcpus = (type = '') => Number(instances[type]?.cpu ?? 0);
  if (instances[vmSize] === undefined) {
    throw new ArmError(400, 'VMSizeNotSupported', `Virtual Machine size: '${vmSize}' is not supported.`, {
      flat: true,
    });
  }
  if (Array.isArray(skus) && !skus.includes(vmSize)) {
    const message = `The VM size of ${vmSize} is not allowed in your subscription in location '${location}'.`;
    throw new ArmError(400, 'BadRequest', message, { flat: true });
  }
  if (vcpuQuota === undefined) return;
  const used = pools.reduce((sum, pool) => sum + vcpus(pool.properties.vmSize), 0);
  if (used + vcpus(vmSize) <= vcpuQuota) return;
  const message = `Insufficient regional vcpu quota left for location ${location}. left regional vcpu quota ${vcpuQuota - used}, requested quota ${vcpus(vmSize)}.`;
  throw new ArmError(400, 'ErrCode_InsufficientVCPUQuota', message, { flat: true });
}

/** The shortage that a creation runs into, by type and zone; undefined when a machine is left. */
export function shortage(
  { vmSize = '', availabilityZones = [] }: AgentPoolProperties,
  { capacity }: Limits,
  pools: readonly AgentPoolRecord[],
): ArmFault | undefined {
  const supply = capacity?.[vmSize];
  if (supply === undefined) return undefined;
  const zone = availabilityZones[0];
  const running = pools.filter(
    ({ properties, state }) =>
      properties.vmSize === vmSize &&
      state !== 'Failed' &&
      (typeof supply === 'number' || properties.availabilityZones?.[0] === zone),
  );
  if (running.length < limitOf(supply, zone)) return undefined;
  const zonal = typeof supply !== 'number' && zone !== undefined;
  const message = `Allocation failed. We do not have sufficient capacity for the requested VM size in this ${zonal ? 'zone' : 'region'}.`;
  return { kind: 'fails', code: zonal ? 'ZonalAllocationFailed' : 'AllocationFailed', message };
}

/** Without a zone the cloud takes the one that has the most. */
function limitOf(supply: number | Readonly<Record<string, number>>, zone: string | undefined): number {
  if (typeof supply === 'number') return supply;
  return zone === undefined ? Math.max(...Object.values(supply)) : (supply[zone] ?? 0);
}

/** One operation at a time on a pool. @throws {ArmError} 409, as AKS answers */
export function refuseWhileBusy({ name, state }: AgentPoolRecord): void {
  if (!isBusy(state)) return;
  const doing = { Creating: 'create', Updating: 'update', Deleting: 'delete' }[state];
  const message = `Operation is not allowed because there is an in progress ${doing} node pool operation on agent pool ${name}.`;
  throw new ArmError(409, 'OperationNotAllowed', message, { flat: true });
}

/** So many operations at a time on the pools of a cluster. @throws {ArmError} 409, as AKS answers */
export function refuseTooMany(wanted: string, { maxOperations = 3 }: Limits, pools: readonly AgentPoolRecord[]): void {
  const busy = pools.filter(({ state }) => isBusy(state));
  if (busy.length < maxOperations) return;
  const message = `Operation ${wanted} is not allowed because there is an in progress create node pool operation on the managed cluster; ${busy.length} are running.`;
  throw new ArmError(409, 'OperationNotAllowed', message, { flat: true });
}

function isBusy(state: AgentPoolRecord['state']): state is 'Creating' | 'Updating' | 'Deleting' {
  return state === 'Creating' || state === 'Updating' || state === 'Deleting';
}
