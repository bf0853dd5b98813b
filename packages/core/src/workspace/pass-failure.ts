import { KaitoError } from '../errors.js';
import { isTooManyRequests, KubeError, ServerUnreachable } from '../kube/errors.js';
import { culpritOf } from './culprit.js';
import { errorText } from './error-text.js';

/** Why a pass came to no end, as a condition says it. */
export interface PassFailure {
  readonly reason: string;
  readonly message: string;
}

/** What comes of it by itself. Without a moment or a number of tries: such a message would be written anew at each of them. */
const NEXT = 'it is tried again by itself, within 17 minutes at the latest, and at once when something changes';

/** What an error that no phase expected is to people: what was being done, what went wrong in whose words, and what comes next. */
export function passFailure(error: unknown, doing: string): PassFailure {
  const { reason, whose } = origin(error);
  return { reason, message: `${doing}: ${whose}${errorText(error).trim().replace(/\.$/, '')}; ${NEXT}` };
}

function origin(error: unknown): { readonly reason: string; readonly whose: string } {
  if (KubeError.is(error)) {
    const failing = error.code >= 500 || isTooManyRequests(error);
    return { reason: failing ? 'ApiServerFailing' : 'RequestRefused', whose: '' };
  }
  if (ServerUnreachable.is(error)) return { reason: 'ApiServerFailing', whose: '' };
  // Its message says what to do.
  if (KaitoError.is(error)) return { reason: inCamelCase(error.code), whose: '' };
  const culprit = culpritOf(error);
  if (culprit === undefined)
    return { reason: 'OperatorFailing', whose: `the operator has an error of its own: ${kindOf(error)}` };
  const { kind, name, call } = culprit;
  return { reason: REASONS[kind], whose: `${kind} ${name} has failed at ${call}: ${kindOf(error)}` };
}

const REASONS = {
  provisioner: 'ProvisionerFailing',
  runtime: 'RuntimeFailing',
  catalog: 'CatalogFailing',
} as const;

/** `TypeError: `, where the message alone would say less. */
function kindOf(error: unknown): string {
  return error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : '';
}

function inCamelCase(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
