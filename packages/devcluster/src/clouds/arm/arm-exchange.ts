/** One request to Azure Resource Manager, without a socket. */
export interface ArmRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when there is none. */
  readonly body: string;
}

/** Its answer; the body is JSON, or nothing. */
export interface ArmResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * A refusal, thrown anywhere below. Its body has the `error` envelope of the Resource Manager; AKS itself also answers with the flat
 * form, which the SDK reads too.
 */
export class ArmError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly options: { readonly flat?: boolean; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
  }

  response(): ArmResponse {
    const { flat = false, retryAfterSeconds } = this.options;
    const error = { code: this.code, message: this.message };
    return {
      status: this.status,
      headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      body: flat ? error : { error },
    };
  }
}
