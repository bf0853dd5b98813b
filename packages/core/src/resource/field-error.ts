import { LONGEST_MESSAGE, plainText } from '../plain-text.js';

/** What is wrong with a value, in the words of the Kubernetes API without their prefix `FieldValue`. */
export type FieldErrorReason =
  | 'Required'
  | 'Invalid'
  | 'TypeInvalid'
  | 'NotSupported'
  | 'Duplicate'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany';

/** One thing that is wrong with an object, said so that the reader can put it right. Plain JSON. */
export interface FieldError {
  /** Path from the object, `inference.adapters[0].strength`; empty for the object as a whole. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  /** What stands there; absent when nothing does. */
  readonly value?: unknown;
  /** What is expected, why, and what to do, without field and value: `must be 1 or more`. */
  readonly message: string;
}

/** A cause in the `details` of a Kubernetes `Status`. */
export interface StatusCause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** The same errors as the causes of a `Status` with reason `Invalid`, for an admission answer. */
export function causesOf(errors: readonly FieldError[]): StatusCause[] {
  return errors.map((error) => ({
    field: error.field,
    reason: `FieldValue${error.reason}`,
    message: claimOf(error),
  }));
}

/** One sentence an error: field, value, what is wrong, what to do. Errors are parted by `; `. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const told = errors.slice(0, MOST_TOLD).map(sentenceOf);
  const more = errors.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** A status, an event and a terminal have only so much room. */
const MOST_TOLD = 20;
const LONGEST_FIELD = 200;

function sentenceOf(error: FieldError): string {
  const claim = claimOf(error);
  // An error about the object as a whole speaks for itself: the message of a rule is a full sentence.
  if (error.field === '') return claim;
  const field = plainText(error.field, LONGEST_FIELD);
  return /^(is|must|cannot) /.test(claim) ? `${field} ${claim}` : `${field}: ${claim}`;
}

function claimOf({ field, reason, value, message: said }: FieldError): string {
  const message = plainText(said, LONGEST_MESSAGE);
  if (field === '') return message;
  const shown = shownValue(value);
  switch (reason) {
    case 'Required':
      return message === '' ? 'is required' : `is required: ${message}`;
    case 'Forbidden':
      return `is forbidden: ${message}`;
    case 'NotSupported':
      return `${shown} is not supported: ${message}`;
    case 'Duplicate':
      return `${shown} is a duplicate: ${message}`;
    case 'TooMany':
      return message;
    default:
      return shown === '' ? message : `${shown} is invalid: ${message}`;
  }
}

const LONGEST_VALUE = 80;

/** Scalars as JSON, cut when long; an object would bury the sentence, its field says enough. */
function shownValue(value: unknown): string {
  if (value === undefined || (typeof value === 'object' && value !== null)) return '';
  const text = plainText(JSON.stringify(value), LONGEST_MESSAGE);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

/** `resource` + `count` is `resource.count`. */
export function fieldOf(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}

/** `adapters` + `0` is `adapters[0]`; for the keys of maps too: `matchLabels[apps]`. */
export function itemOf(parent: string, key: number | string): string {
  return `${parent}[${key}]`;
}
