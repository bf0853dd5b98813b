import { KaitoError } from '../errors.js';

/** Marks it across copies of the package, where `instanceof` fails. */
const PROVISIONING_DEFERRED = Symbol.for('kaito-sdk.provisioning-deferred');

/**
 * What `claim` or `offers` of a provisioner throws when nothing was made, nothing has failed, and the same request will be taken later: a queue, a
 * busy or throttling cloud. It is asked again after `afterMs`; it is no failed attempt and counts against no limit.
 */
export class ProvisioningDeferred extends KaitoError {
  readonly [PROVISIONING_DEFERRED] = true;

  /** @param reason CamelCase and stable: becomes the reason of condition `NodeClaimReady` */
  constructor(
    readonly reason: string,
    message: string,
    readonly afterMs: number,
    options?: { readonly cause?: unknown },
  ) {
    super('PROVISIONING_DEFERRED', message, options);
  }

  static override is(error: unknown): error is ProvisioningDeferred {
    return typeof error === 'object' && error !== null && PROVISIONING_DEFERRED in error;
  }
}
