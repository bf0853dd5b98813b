import { celValue } from './cel-rule.js';
import { checkValue } from './check-value.js';
import { runOperatorOnly } from './class-validator-facts.js';
import { storageVersionOf } from './crd.js';
import { withDefaults } from './defaults.js';
import type { ResourceClass } from './facts.js';
import { type FieldError, type FieldErrorReason, fieldOf, itemOf } from './field-error.js';
import type { JsonSchema } from './json-schema.js';
import { type Shape, shapeOf } from './shape.js';

/** How {@link validate} looks at an object. */
export interface ValidateOptions {
  /** What is stored now: rules about a change run only when it is given. */
  readonly old?: unknown;
  /** Default: the version of the object, or the storage version. */
  readonly version?: string;
}

/**
 * Checks an object as the API server does with the CRD of this class: types, required fields, bounds, CEL rules; and beyond it
 * the class-validator decorators that no schema can express. As on the server, defaults count as if they stood there. The object
 * is plain JSON and is not changed. Unknown fields are no error: the server prunes them.
 *
 * @example
 * const errors = validate(Workspace, object);
 * if (errors.length > 0) throw new Error(formatFieldErrors(errors));
 */
export function validate(target: ResourceClass, object: unknown, options: ValidateOptions = {}): FieldError[] {
  const version = options.version ?? versionOf(target, object);
  const shape = shapeOf(target, version);
  const stored = withDefaults(target, object, version);
  const errors = checkValue(shape, stored, '');
  errors.push(...checkRules(shape, stored, withDefaults(target, options.old, version), '', [...errors]));
  errors.push(...checkOperatorOnly(shape, stored, '', errors));
  return errors;
}

function versionOf(target: ResourceClass, object: unknown): string {
  const apiVersion = (object as { readonly apiVersion?: unknown } | null)?.apiVersion;
  const version = typeof apiVersion === 'string' ? apiVersion.slice(apiVersion.indexOf('/') + 1) : undefined;
  return storageVersionOf(target, version);
}

/** The server does not run the rules of a part that its schema refuses: they could only fail in confusing ways. */
function isRefused(errors: readonly FieldError[], field: string): boolean {
  return errors.some(
    (error) =>
      field === '' ||
      error.field === field ||
      error.field.startsWith(`${field}.`) ||
      error.field.startsWith(`${field}[`),
  );
}

function checkRules(
  shape: Shape,
  value: unknown,
  old: unknown,
  field: string,
  refused: readonly FieldError[],
): FieldError[] {
  if (value === null || value === undefined) return [];
  const errors: FieldError[] = [];
  if (shape.rules.length > 0 && !isRefused(refused, field)) {
    const self = celValue(shape.ruleSchema, value);
    const oldSelf = old === undefined || old === null ? undefined : celValue(shape.ruleSchema, old);
    for (const rule of shape.rules) {
      if (rule.transition && oldSelf === undefined) continue;
      const message = rule.check(self, oldSelf);
      if (message === undefined) continue;
      const { fieldPath, reason } = rule.fact;
      const at = fieldPath === undefined ? field : fieldOf(field, fieldPath.replace(/^\./, ''));
      errors.push(
        withValue({ field: at, reason: reason ?? 'Invalid', message }, fieldPath === undefined ? value : undefined),
      );
    }
  }
  if (Array.isArray(value)) {
    const { items } = shape;
    if (items === undefined) return errors;
    value.forEach(
      (item, index) =>
        void errors.push(...checkRules(items, item, oldItem(shape.schema, item, old), itemOf(field, index), refused)),
    );
  } else if (typeof value === 'object') {
    const object = value as Readonly<Record<string, unknown>>;
    const before = (typeof old === 'object' && old !== null ? old : {}) as Readonly<Record<string, unknown>>;
    for (const [name, property] of shape.properties) {
      errors.push(...checkRules(property, object[name], before[name], fieldOf(field, name), refused));
    }
    if (shape.values !== undefined) {
      for (const [key, each] of Object.entries(object))
        errors.push(...checkRules(shape.values, each, before[key], itemOf(field, key), refused));
    }
  }
  return errors;
}

function withValue(error: { field: string; reason: FieldErrorReason; message: string }, value: unknown): FieldError {
  return value === undefined || typeof value === 'object' ? error : { ...error, value };
}

/** The item of the old list with the same keys; only lists of type map have one. */
function oldItem(schema: JsonSchema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(old)) return undefined;
  const identity = (each: unknown): string =>
    JSON.stringify(keys.map((key) => (each as Readonly<Record<string, unknown>> | null)?.[key]));
  return old.find((each) => identity(each) === identity(item));
}

function checkOperatorOnly(shape: Shape, value: unknown, field: string, refused: readonly FieldError[]): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const { items } = shape;
    return items === undefined
      ? []
      : value.flatMap((item, index) => checkOperatorOnly(items, item, itemOf(field, index), refused));
  }
  const object = value as Readonly<Record<string, unknown>>;
  const errors: FieldError[] = [];
  if (shape.operator !== undefined) {
    for (const { property, message } of runOperatorOnly(shape.operator.target, shape.operator.names, object)) {
      const at = fieldOf(field, property);
      // A field of the wrong type fails every other check as well; once is enough.
      if (!isRefused(refused, at)) errors.push(withValue({ field: at, reason: 'Invalid', message }, object[property]));
    }
  }
  for (const [name, property] of shape.properties)
    errors.push(...checkOperatorOnly(property, object[name], fieldOf(field, name), refused));
  if (shape.values !== undefined) {
    for (const [key, each] of Object.entries(object))
      errors.push(...checkOperatorOnly(shape.values, each, itemOf(field, key), refused));
  }
  return errors;
}

/** The checks of a class that its CRD cannot hold, as `field: validator`, for its documentation. */
export function operatorOnlyChecks(target: ResourceClass, version?: string): string[] {
  const found: string[] = [];
  const walk = (shape: Shape | undefined, field: string): void => {
    if (shape === undefined) return;
    for (const [property, names] of shape.operator?.names ?? []) {
      for (const name of names) found.push(`${fieldOf(field, property)}: ${name}`);
    }
    for (const [name, property] of shape.properties) walk(property, fieldOf(field, name));
    walk(shape.items, `${field}[]`);
    walk(shape.values, `${field}[*]`);
  };
  walk(shapeOf(target, storageVersionOf(target, version)), '');
  return found;
}
