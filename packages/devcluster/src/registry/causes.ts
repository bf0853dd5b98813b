import type { StatusCause } from '../http/api-error.js';
import { writeJson } from '../store/lossless-json.js';

/** Words a value as Go's `%v` inside `field.Invalid` does: strings quoted, everything else as JSON. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? writeJson(value) : String(value);
}

/** Collects what is wrong with an object, in the words and reasons of Kubernetes' `field.ErrorList`. */
export class Causes {
  readonly list: StatusCause[] = [];

  get any(): boolean {
    return this.list.length > 0;
  }

  required(field: string, detail = ''): void {
    this.add('FieldValueRequired', field, `Required value${detail === '' ? '' : `: ${detail}`}`);
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueInvalid', field, `Invalid value: ${quoted(value)}: ${detail}`);
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map((each) => JSON.stringify(each)).join(', ');
    this.add('FieldValueNotSupported', field, `Unsupported value: ${quoted(value)}: supported values: ${list}`);
  }

  forbidden(field: string, detail: string): void {
    this.add('FieldValueForbidden', field, `Forbidden: ${detail}`);
  }

  duplicate(field: string, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${quoted(value)}`);
  }

  notFound(field: string, value: unknown): void {
    this.add('FieldValueNotFound', field, `Not found: ${quoted(value)}`);
  }

  tooMany(field: string, count: number, most: number): void {
    this.add('FieldValueTooMany', field, `Too many: ${count}: must have at most ${most} items`);
  }

  tooLong(field: string, most: number): void {
    this.add('FieldValueTooLong', field, `Too long: may not be more than ${most} bytes`);
  }

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueTypeInvalid', field, `Invalid value: ${quoted(value)}: ${detail}`);
  }

  add(reason: string, field: string, message: string): void {
    this.list.push({ reason, message, field });
  }
}
