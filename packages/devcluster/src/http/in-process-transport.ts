import type { ApiRequest, ApiResponse, ApiTransport } from '../transport.js';
import { ApiError } from './api-error.js';
import { type Authenticator, actingUser, admin } from './authenticator.js';
import { type Handler, once, type Response, refusal } from './exchange.js';

/**
 * The server without a socket. A request without a token acts as the administrator; one with a token as whoever it stands for. An aborted
 * signal rejects a request that has not been answered, with the signal's reason, and ends a watch.
 */
export class InProcessTransport implements ApiTransport {
  constructor(
    readonly handle: Handler,
    readonly authenticator: Authenticator,
  ) {}

  async request(request: ApiRequest): Promise<ApiResponse> {
    const { signal, headers = {} } = request;
    signal?.throwIfAborted();
    const response = await this.#respond(request, headers);
    signal?.throwIfAborted();
    return { status: response.status, headers: response.headers, body: textOf(response.body) };
  }

  async #respond(request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Response> {
    const known = headers.authorization === undefined ? admin : this.authenticator.authenticate(headers.authorization);
    if (known === undefined) return refusal(ApiError.unauthorized());
    return this.handle({
      method: request.method,
      url: new URL(request.path, 'https://localhost'),
      headers,
      body: once(request.body ?? ''),
      signal: request.signal,
      user: actingUser(known, headers),
      warnings: [],
    });
  }
}

async function* textOf(body: AsyncIterable<string | Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  for await (const piece of body) {
    const text = typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}
