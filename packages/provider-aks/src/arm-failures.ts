import type { ProvisioningFailure } from '@kaito-sdk/core';

/** What Azure said when it refused, whether at once or as the end of a long-running operation. */
export interface ArmFailureFacts {
  readonly status?: number;
  readonly code?: string;
  readonly message: string;
  /** From the Retry-After header. */
  readonly retryAfterMs?: number;
}

/** A request that Azure refused or that did not get there. */
export class ArmFailure extends Error implements ArmFailureFacts {
  override readonly name = 'ArmFailure';
  readonly status?: number;
  readonly code?: string;
  readonly retryAfterMs?: number;

  constructor(facts: ArmFailureFacts, options?: ErrorOptions) {
    super(facts.message, options);
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.code !== undefined) this.code = facts.code;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
  }
}

/** What a failure means and how long to leave Azure alone after it. */
export interface Classified {
  readonly failure: ProvisioningFailure;
  /** Stable, CamelCase. */
  readonly reason: string;
  readonly retryMs: number;
}

/** One row: what tells the failure (all that is given must hold), and what it means. */
export interface ArmFailureRule extends Classified {
  readonly status?: readonly number[];
  /** Of the code. */
  readonly code?: RegExp;
  /** Of code and message together. */
  readonly text?: RegExp;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The first row that fits wins. "In progress" comes before quota, since `OperationNotAllowed` is the code of both. Codes and texts
 * from Azure's public error references, the error handling of Karpenter's Azure provider and public issue reports; none was
 * provoked on a real subscription.
 */
export const armFailureRules: readonly ArmFailureRule[] = [
  { failure: 'transient', reason: 'Throttled', retryMs: MINUTE, status: [429] },
  {
    failure: 'transient',
    reason: 'Throttled',
    retryMs: MINUTE,
    code: /^(TooManyRequests|Throttl\w*|SubscriptionRequestsThrottled)$/i,
  },
  {
    failure: 'permission',
    reason: 'DeniedByPolicy',
    retryMs: HOUR,
    text: /RequestDisallowedByPolicy|disallowed by policy/i,
  },
  {
    failure: 'transient',
    reason: 'CloudBusy',
    retryMs: 30 * SECOND,
    text: /in progress|AnotherOperationInProgress|OperationPreempted/i,
  },
  {
    failure: 'quota',
    reason: 'QuotaIsZero',
    retryMs: HOUR,
    text: /(quota|LowPriorityCores)[\s\S]*Current Limit: 0\b/i,
  },
  {
    failure: 'quota',
    reason: 'QuotaExceeded',
    retryMs: 10 * MINUTE,
    text: /QuotaExceeded|InsufficientVCPUQuota|cores quota|LowPriorityCores|Submit a request for Quota increase|Insufficient \w*\s?vcpu quota/i,
  },
  {
    failure: 'unsupported',
    reason: 'InstanceTypeNotOffered',
    retryMs: 23 * HOUR,
    text: /SkuNotAvailable|VMSizeNotSupported|is not supported for subscription|not allowed in your subscription|NotAvailableForSubscription/i,
  },
  {
    failure: 'capacity',
    reason: 'CapacityUnavailable',
    retryMs: HOUR,
    text: /(Zonal)?AllocationFailed|Overconstrained(Zonal)?AllocationRequest|sufficient capacity/i,
  },
  { failure: 'permission', reason: 'NotAuthenticated', retryMs: 5 * MINUTE, status: [401] },
  {
    failure: 'permission',
    reason: 'NotAuthenticated',
    retryMs: 5 * MINUTE,
    code: /^(CredentialUnavailableError|AuthenticationError|AuthenticationRequiredError|AggregateAuthenticationError)$/,
  },
  { failure: 'permission', reason: 'NotPermitted', retryMs: 5 * MINUTE, status: [403] },
  { failure: 'permission', reason: 'NotPermitted', retryMs: 5 * MINUTE, code: /AuthorizationFailed|Forbidden/i },
  {
    failure: 'unsupported',
    reason: 'ClusterNotFound',
    retryMs: HOUR,
    code: /^(ResourceNotFound|ResourceGroupNotFound|SubscriptionNotFound|ParentResourceNotFound)$/i,
  },
  { failure: 'transient', reason: 'CloudBusy', retryMs: 30 * SECOND, status: [409, 412] },
  {
    failure: 'transient',
    reason: 'CloudUnreachable',
    retryMs: 30 * SECOND,
    code: /^(E(CONN\w+|NOTFOUND|TIMEDOUT|AI_AGAIN|HOSTUNREACH|NETUNREACH|PIPE)|REQUEST_SEND_ERROR)$/,
  },
  { failure: 'transient', reason: 'CloudError', retryMs: 30 * SECOND, status: [408, 500, 502, 503, 504] },
  {
    failure: 'unsupported',
    reason: 'InvalidClaim',
    retryMs: HOUR,
    text: /InvalidParameter|PropertyChangeNotAllowed|InvalidRequest|InvalidTemplate|LinkedAuthorizationFailed|SubnetIsFull|is invalid/i,
  },
  { failure: 'unsupported', reason: 'InvalidClaim', retryMs: HOUR, status: [400] },
];

/** What a failure means. One that no row knows may pass by itself. */
export function classified(facts: ArmFailureFacts): Classified {
  const text = `${facts.code ?? ''} ${facts.message}`;
  const rule = armFailureRules.find(
    ({ status, code, text: pattern }) =>
      (status === undefined || (facts.status !== undefined && status.includes(facts.status))) &&
      (code === undefined || code.test(facts.code ?? '')) &&
      (pattern === undefined || pattern.test(text)),
  );
  const { failure, reason, retryMs } = rule ?? {
    failure: 'transient',
    reason: facts.status === undefined && facts.code === undefined ? 'CloudUnreachable' : 'ProvisioningFailed',
    retryMs: 30 * SECOND,
  };
  return { failure, reason, retryMs: facts.retryAfterMs ?? retryMs };
}
