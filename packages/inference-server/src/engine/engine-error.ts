/** Why an engine cannot serve. The codes are stable; the message says what to do. */
export type EngineErrorCode =
  /** The file is missing or cannot be read. */
  | 'MODEL_UNREADABLE'
  /** The file is there, but the engine cannot run what is in it. */
  | 'MODEL_UNSUPPORTED'
  /** The native library has no build for this platform. */
  | 'NATIVE_MISSING'
  /** The adapter is missing, of a kind that cannot be served, or for another model. */
  | 'ADAPTER_UNSUPPORTED'
  /** No adapter of that name is served. */
  | 'ADAPTER_UNKNOWN'
  /** A prompt of tokens holds one that the model does not have. */
  | 'TOKEN_UNKNOWN'
  /** Called before `load` or after `close`. */
  | 'NOT_LOADED'
  /** More calls at once than `concurrency`. */
  | 'BUSY';

/** The one error type of engines. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
