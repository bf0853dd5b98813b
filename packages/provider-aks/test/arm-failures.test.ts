import type { ProvisioningFailure } from '@kaito-sdk/core';
import { armFailureRules, classified } from '@kaito-sdk/provider-aks';
import { expect } from 'chai';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Status, code and words as Azure gives them; what they mean, and how long Azure is then left alone. */
const table: readonly (readonly [
  what: string,
  status: number | undefined,
  code: string | undefined,
  message: string,
  failure: ProvisioningFailure,
  reason: string,
  retryMs: number,
])[] = [
  [
    'a family quota used up',
    400,
    'OperationNotAllowed',
    'Operation could not be completed as it results in exceeding approved standardNCADSA100v4Family Cores quota. Current Limit: 24, Current Usage: 24',
    'quota',
    'QuotaExceeded',
    10 * MINUTE,
  ],
  [
    'a family quota of zero',
    undefined,
    'OperationNotAllowed',
    'exceeding approved standardNCADSA100v4Family Cores quota. Additional details - Current Limit: 0, Current Usage: 0',
    'quota',
    'QuotaIsZero',
    HOUR,
  ],
  [
    'a regional quota',
    400,
    'OperationNotAllowed',
    'results in exceeding approved Total Regional Cores quota',
    'quota',
    'QuotaExceeded',
    10 * MINUTE,
  ],
  [
    'the invitation to ask for more',
    400,
    'OperationNotAllowed',
    'Submit a request for Quota increase',
    'quota',
    'QuotaExceeded',
    10 * MINUTE,
  ],
  ['a quota told by its code', 400, 'QuotaExceeded', 'no', 'quota', 'QuotaExceeded', 10 * MINUTE],
  [
    'the quota check of AKS',
    400,
    'ErrCode_InsufficientVCPUQuota',
    'Insufficient vcpu quota requested 4, remaining 0',
    'quota',
    'QuotaExceeded',
    10 * MINUTE,
  ],
  [
    'the spot quota',
    400,
    'OperationNotAllowed',
    'exceeding quota limit of LowPriorityCores',
    'quota',
    'QuotaExceeded',
    10 * MINUTE,
  ],
  [
    'a size that is not available',
    409,
    'SkuNotAvailable',
    'The requested size is currently not available in location westeurope',
    'unsupported',
    'InstanceTypeNotOffered',
    23 * HOUR,
  ],
  [
    'a size that AKS does not know',
    400,
    'VMSizeNotSupported',
    "Virtual Machine size: 'x' is not supported",
    'unsupported',
    'InstanceTypeNotOffered',
    23 * HOUR,
  ],
  [
    'a size the subscription may not use',
    400,
    'BadRequest',
    'The VM size of Standard_NC6s_v3 is not allowed in your subscription in location westeurope',
    'unsupported',
    'InstanceTypeNotOffered',
    23 * HOUR,
  ],
  [
    'a size that is not for this subscription',
    400,
    'BadRequest',
    'Size x is not supported for subscription y',
    'unsupported',
    'InstanceTypeNotOffered',
    23 * HOUR,
  ],
  ['no machine left', undefined, 'AllocationFailed', 'Allocation failed.', 'capacity', 'CapacityUnavailable', HOUR],
  [
    'no machine left in the zone',
    undefined,
    'ZonalAllocationFailed',
    'Allocation failed.',
    'capacity',
    'CapacityUnavailable',
    HOUR,
  ],
  [
    'a request too narrow',
    undefined,
    'OverconstrainedAllocationRequest',
    'no',
    'capacity',
    'CapacityUnavailable',
    HOUR,
  ],
  [
    'a request too narrow for the zone',
    undefined,
    'OverconstrainedZonalAllocationRequest',
    'no',
    'capacity',
    'CapacityUnavailable',
    HOUR,
  ],
  [
    'a parameter that is wrong',
    400,
    'InvalidParameter',
    'The value of parameter agentPoolProfile.name is invalid',
    'unsupported',
    'InvalidClaim',
    HOUR,
  ],
  [
    'a property that cannot change',
    400,
    'PropertyChangeNotAllowed',
    "Changing property 'properties.vmSize' is not allowed.",
    'unsupported',
    'InvalidClaim',
    HOUR,
  ],
  ['a 400 that nobody knows', 400, 'Whatever', 'no', 'unsupported', 'InvalidClaim', HOUR],
  [
    'another operation, under the code of quotas',
    409,
    'OperationNotAllowed',
    'Operation is not allowed because there is an in progress create node pool operation',
    'transient',
    'CloudBusy',
    MINUTE / 2,
  ],
  ['any other conflict', 409, 'Conflict', 'the cluster is upgrading', 'transient', 'CloudBusy', MINUTE / 2],
  [
    'an etag that has moved on',
    412,
    'PreconditionFailed',
    'The etag does not match',
    'transient',
    'CloudBusy',
    MINUTE / 2,
  ],
  ['throttling', 429, 'TooManyRequests', 'slow down', 'transient', 'Throttled', MINUTE],
  [
    'throttling without a status',
    undefined,
    'SubscriptionRequestsThrottled',
    'slow down',
    'transient',
    'Throttled',
    MINUTE,
  ],
  ['no valid token', 401, 'InvalidAuthenticationToken', 'expired', 'permission', 'NotAuthenticated', 5 * MINUTE],
  [
    'no credential at all',
    undefined,
    'CredentialUnavailableError',
    'no identity endpoint',
    'permission',
    'NotAuthenticated',
    5 * MINUTE,
  ],
  [
    'a role that is missing',
    403,
    'AuthorizationFailed',
    'does not have authorization to perform action',
    'permission',
    'NotPermitted',
    5 * MINUTE,
  ],
  [
    'a policy',
    403,
    'RequestDisallowedByPolicy',
    "Resource was disallowed by policy 'no GPUs'",
    'permission',
    'DeniedByPolicy',
    HOUR,
  ],
  [
    'a cluster that is not there',
    404,
    'ResourceNotFound',
    'The Resource managedClusters/x was not found',
    'unsupported',
    'ClusterNotFound',
    HOUR,
  ],
  ['a group that is not there', 404, 'ResourceGroupNotFound', 'no', 'unsupported', 'ClusterNotFound', HOUR],
  ['an outage', 503, 'ServiceUnavailable', 'try later', 'transient', 'CloudError', MINUTE / 2],
  [
    'a network that does not reach Azure',
    undefined,
    undefined,
    'getaddrinfo ENOTFOUND',
    'transient',
    'CloudUnreachable',
    MINUTE / 2,
  ],
  [
    'a network that refuses',
    undefined,
    'ECONNREFUSED',
    'connect ECONNREFUSED',
    'transient',
    'CloudUnreachable',
    MINUTE / 2,
  ],
  [
    'what nobody has ever seen',
    undefined,
    'InternalOperationError',
    'hm',
    'transient',
    'ProvisioningFailed',
    MINUTE / 2,
  ],
];

describe('the table of what Azure refuses', () => {
  for (const [what, status, code, message, failure, reason, retryMs] of table) {
    it(`takes ${what} for ${failure}: ${reason}`, () => {
      const facts = { message, ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
      expect(classified(facts)).to.deep.equal({ failure, reason, retryMs });
    });
  }

  it('has no row that is never used', () => {
    const used = new Set(table.map(([, , , , , reason]) => reason));
    expect(armFailureRules.filter(({ reason }) => !used.has(reason))).to.deep.equal([]);
  });

  it('waits as long as Azure asks for, where it does', () => {
    expect(classified({ status: 429, message: 'slow down', retryAfterMs: 7_000 }).retryMs).to.equal(7_000);
  });
});
