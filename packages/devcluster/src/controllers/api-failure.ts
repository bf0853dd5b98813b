import type { Status } from '../http/api-error.js';

/** Whether the API server refused with this `reason`, such as `NotFound`, `AlreadyExists` or `Conflict`. */
export function isReason(error: unknown, reason: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('reason' in error && error.reason === reason) return true;
  const status = 'status' in error ? error.status : undefined;
  return typeof status === 'object' && status !== null && 'reason' in status && status.reason === reason;
}

/** Whether the API server found fault with this field of the object. */
export function isAboutField(error: unknown, field: string): boolean {
  if (!isReason(error, 'Invalid')) return false;
  const { status } = error as { readonly status?: Partial<Status> };
  return status?.details?.causes?.some((cause) => cause.field === field) === true;
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
