/** Why an adapter cannot be served. The codes are stable; each stands in exactly one message of the operator. */
export type LoaderErrorCode =
  /** The registry wants credentials that a program in the pod does not have. Somebody else may be let in. */
  | 'PULL_REFUSED'
  /** The image is not there, or the registry is not. */
  | 'PULL_FAILED'
  /** The files are missing, cut or no adapter at all. */
  | 'ADAPTER_INVALID'
  /** A kind of adapter, or a setting of it, that the engine would get wrong. */
  | 'ADAPTER_UNSUPPORTED'
  /** It was made for another model. */
  | 'BASE_MODEL_MISMATCH'
  /** The running engine does not take other adapters. */
  | 'ENGINE_REFUSED'
  /** What the loader itself was told makes no sense. */
  | 'DOCUMENT_INVALID';

/** Exit codes of the program, by which the operator tells the cases apart even where it sees no message. */
export const EXIT_CODES: Readonly<Record<LoaderErrorCode, number>> = {
  DOCUMENT_INVALID: 64,
  ADAPTER_INVALID: 65,
  ADAPTER_UNSUPPORTED: 66,
  BASE_MODEL_MISMATCH: 67,
  PULL_FAILED: 69,
  ENGINE_REFUSED: 70,
  PULL_REFUSED: 77,
};

/** A failure with a message for people: what, why, what to do. */
export class LoaderError extends Error {
  constructor(
    readonly code: LoaderErrorCode,
    message: string,
    /** The adapter that it is about. */
    readonly adapter?: string,
  ) {
    super(message);
    this.name = 'LoaderError';
  }

  /** The same about this adapter. */
  of(adapter: string): LoaderError {
    return new LoaderError(this.code, this.message, adapter);
  }
}
