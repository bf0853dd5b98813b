/** One HTTP request to a registry. Bodies are at most one chunk, so that each can be sent again. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Host and port of the registry in whose name it is asked: of another host that it named, inner addresses are not asked. */
  readonly onBehalfOf?: string;
  /** Aborts the request and the reading of its answer. */
  readonly signal: AbortSignal;
}

/** The answer. The body is read as it comes, at the reader's pace; leaving the loop early closes the connection. */
export interface RegistryAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers are joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The way to a registry: follows no redirect, adds no header, retries nothing. Rejects when there is no answer at all.
 * An HTTP status is never an error here.
 */
export type RegistryTransport = (request: RegistryRequest) => Promise<RegistryAnswer>;
