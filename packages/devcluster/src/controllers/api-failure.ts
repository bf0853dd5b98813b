/** Whether the API server refused with this `reason`, such as `NotFound`, `AlreadyExists` or `Conflict`. */
export function isReason(error: unknown, reason: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('reason' in error && error.reason === reason) return true;
  const status = 'status' in error ? error.status : undefined;
  return typeof status === 'object' && status !== null && 'reason' in status && status.reason === reason;
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
