/** One request to the API server, in process or over HTTPS. */
export interface ApiRequest {
  readonly method: string;
  /** Path with its query, `/api/v1/nodes?watch=true`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends a watch, or gives up waiting. */
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body in pieces. A watch yields one JSON line an event and ends when the server or the caller ends it. */
  readonly body: AsyncIterable<string>;
}

/** The API server without a socket. `@kaito-sdk/core` takes the same shape as its transport, without knowing this package. */
export interface ApiTransport {
  request(request: ApiRequest): Promise<ApiResponse>;
}
