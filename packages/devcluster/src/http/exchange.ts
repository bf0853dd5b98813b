import { writeJson } from '../store/lossless-json.js';
import type { ApiError } from './api-error.js';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

/** One request, whichever way it came in. */
export interface Request {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it comes; empty where there is none. */
  readonly body: AsyncIterable<Uint8Array | string>;
  readonly signal: AbortSignal | undefined;
  readonly user: User;
  /** Collects the texts of `Warning` headers. */
  readonly warnings: string[];
}

/** One response. The body may go on for ever. */
export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<string | Uint8Array>;
}

/** Answers requests. */
export type Handler = (request: Request) => Promise<Response>;

/** Wraps a handler: the one place to look at, delay, change or refuse whatever passes. */
export type Middleware = (request: Request, next: Handler) => Promise<Response>;

/** A body of one piece. */
export async function* once(piece: string | Uint8Array): AsyncIterable<string | Uint8Array> {
  if (piece.length > 0) yield piece;
}

/** A response with a JSON body. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: once(`${writeJson(value)}\n`),
  };
}

/** A response with a plain body. */
export function plainText(status: number, body: string): Response {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: once(body) };
}

/** The response for a refusal. */
export function refusal(error: ApiError): Response {
  const { retryAfterSeconds } = error.status.details ?? {};
  return json(
    error.code,
    error.status,
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}
