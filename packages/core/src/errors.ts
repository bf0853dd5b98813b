/** Marks every error of this SDK across copies of the package, where `instanceof` fails. */
const KAITO_ERROR = Symbol.for('kaito-sdk.error');

/**
 * An error with a stable code. Callers match on `code`; the message is for people: what happened, why, and what to do.
 */
export class KaitoError extends Error {
  readonly [KAITO_ERROR] = true;

  constructor(
    readonly code: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'KaitoError';
  }

  static is(error: unknown): error is KaitoError {
    return typeof error === 'object' && error !== null && KAITO_ERROR in error;
  }
}

type Messages = Readonly<Record<string, (...facts: never[]) => string>>;
type Catalogue<M extends Messages> = { readonly [C in keyof M & string]: (...facts: Parameters<M[C]>) => KaitoError };

/**
 * Declares errors once: the code is the key, the message its function.
 *
 * ```ts
 * const errors = catalogue({ PLUGIN_NOT_FOUND: (name: string) => `there is no package ${name}; install it` });
 * throw errors.PLUGIN_NOT_FOUND('@acme/presets');
 * ```
 */
export function catalogue<M extends Messages>(messages: M): Catalogue<M> {
  const births = Object.entries(messages).map(([code, message]) => [
    code,
    (...facts: never[]) => new KaitoError(code, message(...facts)),
  ]);
  return Object.fromEntries(births) as Catalogue<M>;
}
