/** One cause of a refused request: which field, and what was wrong with it. */
export interface RefusalCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What a `Status` says about the object it is about. `kind` is the plural resource for 404 and 409, the Kind for 422. */
export interface RefusalDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly RefusalCause[];
  readonly retryAfterSeconds?: number;
}

const kubeErrorMark = Symbol.for('@kaito-sdk/core.KubeError');
const unreachableMark = Symbol.for('@kaito-sdk/core.ServerUnreachable');

/**
 * The API server answered, and the answer was a refusal. Ask the predicates beside this class what kind of refusal;
 * never the message.
 */
export class KubeError extends Error {
  /** HTTP status. */
  readonly code: number;
  /** The `Status` reason: `NotFound`, `Conflict`, `Invalid`, …; empty when the server gave none. */
  readonly reason: string;
  readonly details: RefusalDetails | undefined;
  /** What the server asks us to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(init: {
    readonly method: string;
    readonly path: string;
    readonly code: number;
    readonly reason?: string;
    readonly message?: string;
    readonly details?: RefusalDetails;
    readonly retryAfterMs?: number;
  }) {
    const said = init.message === undefined || init.message === '' ? 'the server gave no reason' : init.message;
    const label = init.reason === undefined || init.reason === '' ? `${init.code}` : `${init.code} ${init.reason}`;
    super(`${init.method} ${init.path} was refused (${label}): ${said}`);
    this.name = 'KubeError';
    this.code = init.code;
    this.reason = init.reason ?? '';
    this.details = init.details;
    this.retryAfterMs = init.retryAfterMs;
    Object.defineProperty(this, kubeErrorMark, { value: true });
  }

  /** Holds for errors of another copy of this package too, unlike `instanceof`. */
  static is(error: unknown): error is KubeError {
    return marked(error, kubeErrorMark);
  }

  /** Reads a refusal from the answer's status, headers and body. The body may be a `Status`, plain text, or garbage. */
  static fromAnswer(
    request: { readonly method: string; readonly path: string },
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): KubeError {
    const parsed = parseStatus(body);
    const retryAfterMs = retryAfter(headers, parsed?.details);
    return new KubeError({
      method: request.method,
      path: request.path,
      code: parsed?.code ?? status,
      ...(parsed?.reason === undefined ? {} : { reason: parsed.reason }),
      message: parsed?.message ?? body.trim().slice(0, 500),
      ...(parsed?.details === undefined ? {} : { details: parsed.details }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

/**
 * No answer at all: refused, reset, cut off or timed out. The request may have been carried out; whether it was can only
 * be learned by looking.
 */
export class ServerUnreachable extends Error {
  constructor(method: string, path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `${method} ${path} got no answer: ${why}. Check that the API server runs and can be reached; the request is safe to repeat.`,
      { cause },
    );
    this.name = 'ServerUnreachable';
    Object.defineProperty(this, unreachableMark, { value: true });
  }

  static is(error: unknown): error is ServerUnreachable {
    return marked(error, unreachableMark);
  }
}

/** 404. An object, or a whole resource that is not served: `details.name` is set only for the former. */
export const isNotFound = (error: unknown): boolean => KubeError.is(error) && error.code === 404;

/** 409 because the object changed since it was read, or a precondition does not hold. */
export const isConflict = (error: unknown): boolean =>
  KubeError.is(error) && error.code === 409 && error.reason !== 'AlreadyExists';

/** 409 because there is an object of that name already. */
export const isAlreadyExists = (error: unknown): boolean => KubeError.is(error) && error.reason === 'AlreadyExists';

/** 410: the resourceVersion or the continue token is too old. */
export const isGone = (error: unknown): boolean => KubeError.is(error) && error.code === 410;

/** 422: the object breaks a rule; `details.causes` names the fields. Trying again does not help. */
export const isInvalid = (error: unknown): boolean => KubeError.is(error) && error.code === 422;

/** 403: RBAC, quota, or an admission rule. */
export const isForbidden = (error: unknown): boolean => KubeError.is(error) && error.code === 403;

/** 429: the server sheds load. */
export const isTooManyRequests = (error: unknown): boolean => KubeError.is(error) && error.code === 429;

/** Whether one named object is missing, as opposed to its resource or its namespace. */
export function isObjectMissing(error: unknown, name: string): boolean {
  return KubeError.is(error) && error.code === 404 && error.details?.name === name;
}

function marked(error: unknown, mark: symbol): boolean {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[mark] === true;
}

interface ParsedStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: RefusalDetails;
}

function parseStatus(body: string): ParsedStatus | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status') {
      return value as ParsedStatus;
    }
  } catch {
    // Proxies and unknown groups answer in plain text.
  }
  return undefined;
}

function retryAfter(
  headers: Readonly<Record<string, string>>,
  details: RefusalDetails | undefined,
): number | undefined {
  const header = Number(headers['retry-after'] ?? Number.NaN);
  const seconds = Number.isFinite(header) && header >= 0 ? header : details?.retryAfterSeconds;
  return seconds === undefined ? undefined : seconds * 1000;
}
