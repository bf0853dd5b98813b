import { ArmError } from './arm-exchange.js';
import type { ArmDeleteFault, ArmFault } from './arm-fault.js';

/** The properties of an agent pool as a client sends them (API version 2026-06-01; those read here have a type). */
export interface AgentPoolProperties {
  readonly count?: number;
  readonly vmSize?: string;
  readonly osDiskSizeGB?: number;
  readonly mode?: string;
  readonly scaleSetPriority?: string;
  readonly availabilityZones?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly string[];
  readonly [more: string]: unknown;
}

/** `provisioningState` as AKS writes it. */
export type ProvisioningState = 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Canceled' | 'Deleting';

/** An agent pool as the simulated cloud keeps it. */
export interface AgentPoolRecord {
  readonly name: string;
  readonly properties: AgentPoolProperties;
  readonly requestedAt: number;
  readonly fault: ArmFault | undefined;
  state: ProvisioningState;
  etag: string;
  /** Of the operation that is or was the last one. */
  operation: string;
  error?: { readonly code: string; readonly message: string };
  deletingSince?: number;
  deleteFault?: ArmDeleteFault;
  /** The machine was taken away, as spot machines are. */
  lost?: boolean;
}

/** How the machine of a pool is bought. */
export function bought({ scaleSetPriority, availabilityZones }: AgentPoolProperties) {
  const zone = availabilityZones?.[0];
  return {
    capacityType: scaleSetPriority === 'Spot' ? ('spot' as const) : ('on-demand' as const),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** Names and values that AKS refuses. @throws {ArmError} 400, in its code */
export function refuseInvalid(name: string, properties: AgentPoolProperties): void {
  if (!/^[a-z][a-z0-9]{0,11}$/.test(name)) {
    throw invalid(
      `The value of parameter agentPoolProfile.name is invalid: "${name}" must start with a lowercase letter, contain only lowercase letters and digits, and be at most 12 characters long`,
    );
  }
  if (typeof properties.vmSize !== 'string' || properties.vmSize === '')
    throw invalid('Required parameter agentPoolProfile.vmSize is missing (null).');
  const reserved = Object.keys(properties.nodeLabels ?? {}).find((key) => /(^|\.)kubernetes\.azure\.com\//.test(key));
  if (reserved !== undefined)
    throw invalid(`Label key "${reserved}" is not allowed: the prefix kubernetes.azure.com is reserved by AKS.`);
  const value = Object.values(properties.nodeLabels ?? {}).find(
    (one) => !/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(one),
  );
  if (value !== undefined) throw invalid(`Label value "${value}" is invalid.`);
  const taint = properties.nodeTaints?.find(
    (one) => !/^[^=:]+(=[^:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/.test(one),
  );
  if (taint !== undefined) throw invalid(`Taint "${taint}" is invalid: it must be key=value:effect.`);
}

/** An update may not change the machine. @throws {ArmError} 400, as AKS answers */
export function refuseChange(before: AgentPoolProperties, after: AgentPoolProperties): void {
  for (const property of ['vmSize', 'osDiskSizeGB', 'scaleSetPriority', 'availabilityZones'] as const) {
    if (JSON.stringify(before[property]) === JSON.stringify(after[property])) continue;
    throw new ArmError(400, 'PropertyChangeNotAllowed', `Changing property 'properties.${property}' is not allowed.`, {
      flat: true,
    });
  }
}

/** The pool as a GET shows it. */
export function poolBody(id: string, { name, properties, state, etag, error }: AgentPoolRecord): object {
  return {
    id,
    name,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties: {
      ...properties,
      provisioningState: state,
      powerState: { code: 'Running' },
      eTag: etag,
      ...(error === undefined ? {} : { status: { provisioningError: error } }),
    },
  };
}

function invalid(message: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message, { flat: true });
}
