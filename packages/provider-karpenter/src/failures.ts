import type { ProvisioningFailure } from '@kaito-sdk/core';

/** One row: text of a condition's reason or message that tells a kind of failure. */
export interface FailureRule {
  readonly failure: ProvisioningFailure;
  readonly reason: string;
  readonly pattern: RegExp;
}

/**
 * Claims fail with the cloud's own words in a condition that stays Unknown; only the text tells what happened. The first match
 * wins, "in progress" before quota, because Azure says OperationNotAllowed for both. Codes from Azure's public error references
 * and the error handling of Karpenter's Azure provider.
 */
const rules: readonly FailureRule[] = [
  {
    failure: 'transient',
    reason: 'CloudBusy',
    pattern: /in progress|AnotherOperationInProgress|TooManyRequests|throttl/i,
  },
  {
    failure: 'quota',
    reason: 'QuotaExceeded',
    pattern: /quota|LowPriorityCores|SubscriptionQuotaReached|InsufficientVCPUQuota/i,
  },
  {
    failure: 'unsupported',
    reason: 'InstanceTypeNotOffered',
    pattern:
      /SkuNotAvailable|VMSizeNotSupported|is not supported for subscription|not allowed in your subscription|instance type not found/i,
  },
  {
    failure: 'capacity',
    reason: 'CapacityUnavailable',
    pattern:
      /AllocationFailed|OverconstrainedAllocation|OverconstrainedZonal|InsufficientCapacity|unavailable during launch/i,
  },
  {
    failure: 'permission',
    reason: 'NotPermitted',
    pattern: /AuthorizationFailed|does not have authorization|RequestDisallowedByPolicy|Forbidden/i,
  },
  {
    failure: 'unsupported',
    reason: 'InvalidClaim',
    pattern: /no requirement for instance type|storage request|is invalid, must match regex|InvalidParameter/i,
  },
];

/** The kind of failure that a text tells of. What no rule knows may pass by itself, so it counts as transient. */
export function failureOf(text: string): { readonly failure: ProvisioningFailure; readonly reason: string } {
  const rule = rules.find(({ pattern }) => pattern.test(text));
  return rule ?? { failure: 'transient', reason: 'LaunchFailed' };
}
