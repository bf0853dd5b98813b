import { ConversionError } from './conversion-error.js';

/** A JSON object whose fields are read one by one, each with the type that the converter needs. */
export class JsonObject {
  private constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly source: string,
  ) {}

  /** @throws ConversionError when `text` is not a JSON object. `source` names it in every later message. */
  static parse(text: string, source: string): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new ConversionError(`${source} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    return JsonObject.of(value, source);
  }

  static of(value: unknown, source: string): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new ConversionError(`${source} must be a JSON object`);
    return new JsonObject(value as Readonly<Record<string, unknown>>, source);
  }

  get(key: string): unknown {
    return this.fields[key];
  }

  keys(): readonly string[] {
    return Object.keys(this.fields);
  }

  number(key: string, fallback?: number): number {
    const value = this.fields[key] ?? fallback;
    if (typeof value !== 'number') throw new ConversionError(`${this.source}: ${key} must be a number`);
    return value;
  }

  string(key: string): string {
    const value = this.fields[key];
    if (typeof value !== 'string') throw new ConversionError(`${this.source}: ${key} must be a string`);
    return value;
  }

  list(key: string): readonly unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw new ConversionError(`${this.source}: ${key} must be a list`);
    return value;
  }

  object(key: string): JsonObject {
    return JsonObject.of(this.fields[key], `${this.source}: ${key}`);
  }

  /** The object at `key`, or nothing when the field is absent or null. */
  optionalObject(key: string): JsonObject | undefined {
    const value = this.fields[key];
    return value === undefined || value === null ? undefined : this.object(key);
  }

  /** True when the field is absent, null, false, or an empty list or object: the ways in which Python writes "not used". */
  isUnset(key: string): boolean {
    const value = this.fields[key];
    if (value === undefined || value === null || value === false) return true;
    return typeof value === 'object' && Object.keys(value).length === 0;
  }
}
