import { KaitoError } from '../errors.js';
import type { ProvisioningFailure } from './node-provisioner.js';

/** Marks it across copies of the package, where `instanceof` fails. */
const PROVISIONING_ERROR = Symbol.for('kaito-sdk.provisioning-error');

/**
 * What `claim` and `offers` of a provisioner throw when nothing was made and nothing will be by itself. The kind of failure decides what
 * comes next: `permission` blocks; `unsupported` blocks unless there is another offer; the others wait or go on to the next offer.
 * Any other error counts as a crash: the same call is made again, with back-off.
 */
export class ProvisioningError extends KaitoError {
  readonly [PROVISIONING_ERROR] = true;

  /** @param reason CamelCase and stable: becomes the reason of condition `NodeClaimReady` */
  constructor(
    readonly failure: ProvisioningFailure,
    readonly reason: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super('PROVISIONING_FAILED', message, options);
  }

  static override is(error: unknown): error is ProvisioningError {
    return typeof error === 'object' && error !== null && PROVISIONING_ERROR in error;
  }
}
