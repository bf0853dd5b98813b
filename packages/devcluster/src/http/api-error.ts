/** One field that was wrong, as it stands in `details.causes` of a Status. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** Path of the field, `spec.containers[0].name`; left out where the cause is not about a field. */
  readonly field?: string;
}

/** The body of every refusal (and of a plain delete) as the Kubernetes API sends it. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
  readonly code: number;
}

interface Subject {
  readonly group: string;
  readonly plural: string;
}

const qualified = (subject: Subject): string =>
  subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`;

function details(subject: Subject, name?: string): NonNullable<Status['details']> {
  return {
    ...(name ? { name } : {}),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.plural,
  };
}

/**
 * A refusal of the API server. `status` is what goes over the wire. Compare by `reason` or `code`, never by message; use
 * {@link ApiError.is} instead of `instanceof` where two copies of this package may meet.
 */
export class ApiError extends Error {
  readonly isApiError = true;

  constructor(readonly status: Status) {
    super(status.message ?? status.reason ?? `request failed with ${status.code}`);
    this.name = 'ApiError';
  }

  /** HTTP status code. */
  get code(): number {
    return this.status.code;
  }

  /** `NotFound`, `Conflict`, … ; empty where the real server gives none. */
  get reason(): string {
    return this.status.reason ?? '';
  }

  static is(error: unknown): error is ApiError {
    return error instanceof Error && (error as { isApiError?: unknown }).isApiError === true;
  }

  /** Any other refusal. `reason` is left out of the body when it is empty, as the real server does. */
  static of(code: number, reason: string, message: string, extra: NonNullable<Status['details']> = {}): ApiError {
    return new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(Object.keys(extra).length === 0 ? {} : { details: extra }),
      code,
    });
  }

  static notFound(subject: Subject, name: string): ApiError {
    return ApiError.of(404, 'NotFound', `${qualified(subject)} "${name}" not found`, details(subject, name));
  }

  /** The answer to a path nobody serves inside a group that exists. */
  static noSuchResource(): ApiError {
    return new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server could not find the requested resource',
      reason: 'NotFound',
      details: {},
      code: 404,
    });
  }

  static alreadyExists(subject: Subject, name: string, going = false): ApiError {
    const message = `${going ? 'object is being deleted: ' : ''}${qualified(subject)} "${name}" already exists`;
    return ApiError.of(409, 'AlreadyExists', message, details(subject, name));
  }

  static conflict(subject: Subject, name: string, why: string, causes?: readonly StatusCause[]): ApiError {
    return ApiError.of(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`, {
      ...details(subject, name),
      ...(causes ? { causes } : {}),
    });
  }

  /** Two field managers want the same field. */
  static applyConflict(message: string, causes: readonly StatusCause[]): ApiError {
    return ApiError.of(409, 'Conflict', message, { causes });
  }

  static badRequest(message: string): ApiError {
    return ApiError.of(400, 'BadRequest', message);
  }

  static forbidden(subject: Subject, name: string, why: string, causes?: readonly StatusCause[]): ApiError {
    return ApiError.of(403, 'Forbidden', `${qualified(subject)} "${name}" is forbidden: ${why}`, {
      ...details(subject, name),
      ...(causes ? { causes } : {}),
    });
  }

  static unauthorized(): ApiError {
    return ApiError.of(401, 'Unauthorized', 'Unauthorized');
  }

  /** Validation failed: one cause a field, `kind` is the Kind and not the plural (measured on kube-apiserver 1.34.4). */
  static invalid(kind: { group: string; kind: string }, name: string, causes: readonly StatusCause[]): ApiError {
    const lines = causes.map((cause) =>
      cause.field === undefined ? cause.message : `${cause.field}: ${cause.message}`,
    );
    const text = lines.length === 1 ? `${lines[0]}` : `[${lines.join(', ')}]`;
    const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
    return ApiError.of(422, 'Invalid', `${subject} "${name}" is invalid${causes.length === 0 ? '' : `: ${text}`}`, {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      ...(causes.length === 0 ? {} : { causes }),
    });
  }

  static methodNotAllowed(message: string): ApiError {
    return ApiError.of(405, 'MethodNotAllowed', message);
  }

  static unsupportedMediaType(message: string): ApiError {
    return ApiError.of(415, 'UnsupportedMediaType', message);
  }

  static notAcceptable(message: string): ApiError {
    return ApiError.of(406, 'NotAcceptable', message);
  }

  static tooLarge(message: string): ApiError {
    return ApiError.of(413, 'RequestEntityTooLarge', message);
  }

  /** The revision asked for is no longer in the log. */
  static expired(message: string, continueToken?: string): ApiError {
    const error = ApiError.of(410, 'Expired', message);
    return continueToken === undefined
      ? error
      : new ApiError({ ...error.status, metadata: { continue: continueToken } });
  }

  static timeout(message: string, causes: readonly StatusCause[], retryAfterSeconds: number): ApiError {
    return ApiError.of(504, 'Timeout', message, { causes, retryAfterSeconds });
  }

  static unavailable(message: string): ApiError {
    return ApiError.of(503, 'ServiceUnavailable', message);
  }

  /** What escaped from a bug or from the few cases in which the real server answers 500 as well. */
  static internal(message: string): ApiError {
    return ApiError.of(500, 'InternalError', `Internal error occurred: ${message}`, {
      causes: [{ reason: '', message }].map(({ message: text }) => ({ reason: 'InternalError', message: text })),
    });
  }
}

/** The body of a delete that left nothing to show. */
export function deletedStatus(subject: Subject, name: string, uid: string | undefined): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...details(subject, name), ...(uid === undefined ? {} : { uid }) },
    code: 200,
  };
}
