/** One request to a Kubernetes API server. */
export interface KubeRequest {
  readonly method: string;
  /** Path with its query: `/api/v1/nodes?watch=true`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends a watch, or gives up waiting for an answer. */
  readonly signal?: AbortSignal;
  /**
   * Called when all is ready for the request to leave, as late as the transport can; what it throws, the request is refused with.
   * A transport that hands requests over at once need not call it.
   */
  readonly beforeLeaving?: () => void;
}

export interface KubeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body in pieces, cut anywhere. Leaving the loop early gives the connection back. */
  readonly body: AsyncIterable<string>;
}

/**
 * How bytes reach the API server and come back; nothing of Kubernetes beyond that. The in-process server of
 * `@kaito-sdk/devcluster` has this shape too, which is how an operator is tested without a socket.
 *
 * It rejects only when there is no HTTP answer (connection refused, reset, aborted); a 404 or a 500 is an answer.
 */
export interface Transport {
  request(request: KubeRequest): Promise<KubeResponse>;
  /** Closes idle connections and ends open requests. */
  close?(): Promise<void>;
}
