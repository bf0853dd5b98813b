/**
 * Where pods really run. Whoever runs them (a kubelet) implements it; the server needs it for the proxy paths and for logs. Without one these
 * answer that nothing can be reached.
 */
export interface Backends {
  /** Address under which a container port of the pod can be reached from this process; undefined while there is none. */
  endpoint(namespace: string, pod: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** What the container wrote; with `follow` it goes on until the container ends. Undefined while it has not started. */
  log(
    namespace: string,
    pod: string,
    container: string | undefined,
    query: LogQuery,
  ): AsyncIterable<string> | undefined;
}

/** What of a log is asked for. */
export interface LogQuery {
  readonly follow: boolean;
  /** Of the run before the present one. */
  readonly previous?: boolean;
  /** Only the last lines. */
  readonly tailLines?: number;
  /** Only what was written from then on, in milliseconds since the epoch. */
  readonly since?: number;
  /** Each line begins with when it was written. */
  readonly timestamps?: boolean;
  /** Cut off after so many. */
  readonly limitBytes?: number;
  /** Whoever follows has left. */
  readonly signal?: AbortSignal | undefined;
}
