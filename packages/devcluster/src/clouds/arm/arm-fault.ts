/** What goes wrong with an agent pool. A fault is used up by one accepted or refused creation. */
export type ArmFault =
  /** The creation is refused at once, in these words. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly retryAfterSeconds?: number;
    }
  /** The creation is accepted, and the operation fails when the machine was due. No machine is billed. */
  | { readonly kind: 'fails'; readonly code: string; readonly message: string }
  /** The operation never ends, and no machine comes. */
  | { readonly kind: 'never-launches' }
  /** The operation never ends. The machine runs and is billed. */
  | { readonly kind: 'stuck' }
  /** The operation succeeds, the machine runs and is billed, and no Node ever appears. */
  | { readonly kind: 'never-joins' }
  /** The Node is Ready, and its GPUs never appear. */
  | { readonly kind: 'never-shows-gpu' };

/** What goes wrong when a pool is deleted. */
export type ArmDeleteFault =
  /** The deletion never ends, and the machine is billed on. */
  | { readonly kind: 'stuck' }
  /** The pool goes and its Node object stays behind. */
  | { readonly kind: 'leaves-node' };

/**
 * The words of Azure for what goes wrong most: codes and sentences from Azure's error references for AKS and virtual machines and
 * from public issue reports; nothing of it was measured on a real subscription.
 */
export const armFaults = {
  quota: (family = 'standardNCASv3_T4Family', limit = 0, needed = 4): ArmFault => ({
    kind: 'refuse',
    status: 400,
    code: 'ErrCode_InsufficientVCPUQuota',
    message: `Insufficient vcpu quota requested ${needed}, remaining ${limit} for family ${family} for region westeurope.`,
  }),
  quotaLater: (family = 'NCADSA100v4', limit = 0, needed = 24): ArmFault => ({
    kind: 'fails',
    code: 'OperationNotAllowed',
    message: `Operation could not be completed as it results in exceeding approved standard${family}Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: ${limit}, Current Usage: 0, Additional Required: ${needed}, (Minimum) New Limit Required: ${needed}. Submit a request for Quota increase`,
  }),
  noCapacity: (): ArmFault => ({
    kind: 'fails',
    code: 'AllocationFailed',
    message:
      'Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance',
  }),
  noZonalCapacity: (): ArmFault => ({
    kind: 'fails',
    code: 'ZonalAllocationFailed',
    message:
      'Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance',
  }),
  notOffered: (type = 'Standard_NC6s_v3'): ArmFault => ({
    kind: 'refuse',
    status: 400,
    code: 'BadRequest',
    message: `The VM size of ${type} is not allowed in your subscription in location 'westeurope'.`,
  }),
  busy: (): ArmFault => ({
    kind: 'refuse',
    status: 409,
    code: 'OperationNotAllowed',
    message:
      'Operation is not allowed because there is an in progress create node pool operation on the managed cluster. Please wait for it to finish before starting a new operation.',
  }),
  throttled: (retryAfterSeconds = 30): ArmFault => ({
    kind: 'refuse',
    status: 429,
    code: 'TooManyRequests',
    message: 'The request is being throttled as the limit has been reached for operation type.',
    retryAfterSeconds,
  }),
  forbidden: (): ArmFault => ({
    kind: 'refuse',
    status: 403,
    code: 'AuthorizationFailed',
    message:
      "The client does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/agentPools/write' over scope.",
  }),
  policy: (): ArmFault => ({
    kind: 'refuse',
    status: 403,
    code: 'RequestDisallowedByPolicy',
    message: "Resource was disallowed by policy. Policy identifiers: 'no GPUs here'.",
  }),
} as const;
