/** One thing that is wrong with a request. */
export interface Flaw {
  /** Where: the keys from the outermost to the field, such as `['generate_kwargs', 'top_k']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A stable word for the kind of flaw, in the style of pydantic: `missing`, `int_type`, `greater_than`. */
  readonly type: string;
}

/**
 * Why a request got no answer. Thrown anywhere while it is handled; each API puts it into its own words.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: 400 | 404 | 405 | 408 | 413 | 422 | 429 | 500 | 503,
    message: string,
    readonly options: {
      /** A stable word for programs. */
      readonly code?: string;
      /** The field that is to blame, dotted. */
      readonly param?: string;
      /** Present when the fields of the body have the wrong form. */
      readonly flaws?: readonly Flaw[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
  }

  /** A body with fields of the wrong form: 422, as FastAPI answers. */
  static malformed(flaws: readonly Flaw[]): Problem {
    const [first] = flaws;
    const at = first ? first.path.join('.') : '';
    return new Problem(422, first ? `${at === '' ? 'body' : at}: ${first.message}` : 'malformed body', {
      code: 'invalid_request',
      ...(at === '' ? {} : { param: at }),
      flaws,
    });
  }

  /** A field that is well-formed, but that this server cannot do: 400. */
  static unsupported(param: string, message: string): Problem {
    return new Problem(400, `${param}: ${message}`, { code: 'unsupported_parameter', param });
  }
}
