import type { Flaw } from './problem.js';

/** Bounds of a number, each with its sense. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  /** Must be above this, not equal to it. */
  readonly above?: number;
}

/**
 * Reads the fields of a JSON object and collects everything that is wrong with them, so that a client hears of all flaws at once.
 *
 * As lenient as FastAPI: null is the same as absent, and a number or a truth value may come as a string.
 */
export class FieldReader {
  constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    readonly flaws: Flaw[],
    private readonly path: readonly (string | number)[] = [],
  ) {}

  /** A reader of `body`, or of an empty object with a flaw when it is none. */
  static of(body: unknown, flaws: Flaw[], path: readonly (string | number)[] = []): FieldReader {
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return new FieldReader(body as Readonly<Record<string, unknown>>, flaws, path);
    flaws.push({ path, message: 'Input should be a JSON object', type: 'model_attributes_type' });
    return new FieldReader({}, flaws, path);
  }

  keys(): readonly string[] {
    return Object.keys(this.fields).filter((key) => !this.absent(key));
  }

  raw(key: string): unknown {
    return this.fields[key];
  }

  absent(key: string): boolean {
    return this.fields[key] === undefined || this.fields[key] === null;
  }

  text(key: string): string | undefined {
    if (this.absent(key)) return undefined;
    const value = this.fields[key];
    return typeof value === 'string' ? value : this.flaw(key, 'Input should be a valid string', 'string_type');
  }

  truth(key: string): boolean | undefined {
    if (this.absent(key)) return undefined;
    const value = this.fields[key];
    if (value === true || value === 'true' || value === 1) return true;
    if (value === false || value === 'false' || value === 0) return false;
    return this.flaw(key, 'Input should be a valid boolean', 'bool_type');
  }

  number(key: string, bounds: NumberBounds = {}): number | undefined {
    if (this.absent(key)) return undefined;
    const value = this.fields[key];
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number))
      return this.flaw(key, 'Input should be a valid number', 'float_type');
    return this.within(key, number, bounds);
  }

  integer(key: string, bounds: NumberBounds = {}): number | undefined {
    const before = this.flaws.length;
    const number = this.number(key, bounds);
    if (this.flaws.length > before || number === undefined) return undefined;
    return Number.isSafeInteger(number) ? number : this.flaw(key, 'Input should be a valid integer', 'int_type');
  }

  /** A string or a list of strings, always as a list. */
  texts(key: string): readonly string[] | undefined {
    if (this.absent(key)) return undefined;
    const value = this.fields[key];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.every((item) => typeof item === 'string')
      ? list
      : this.flaw(key, 'Input should be a string or a list of strings', 'string_type');
  }

  /** An integer or a list of integers, always as a list. */
  integers(key: string): readonly number[] | undefined {
    if (this.absent(key)) return undefined;
    const value = this.fields[key];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.every((item) => Number.isSafeInteger(item))
      ? (list as number[])
      : this.flaw(key, 'Input should be an integer or a list of integers', 'int_type');
  }

  object(key: string): FieldReader | undefined {
    return this.absent(key) ? undefined : FieldReader.of(this.fields[key], this.flaws, [...this.path, key]);
  }

  /** Notes that `key` is wrong. Answers undefined, so that a reading function can end with it. */
  flaw(key: string | number, message: string, type: string): undefined {
    this.flaws.push({ path: [...this.path, key], message, type });
    return undefined;
  }

  private within(key: string, value: number, { min, max, above }: NumberBounds): number | undefined {
    if (min !== undefined && value < min)
      return this.flaw(key, `Input should be greater than or equal to ${min}`, 'greater_than_equal');
    if (above !== undefined && value <= above)
      return this.flaw(key, `Input should be greater than ${above}`, 'greater_than');
    if (max !== undefined && value > max)
      return this.flaw(key, `Input should be less than or equal to ${max}`, 'less_than_equal');
    return value;
  }
}
