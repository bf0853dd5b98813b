import type { FieldErrorReason } from './field-error.js';
import { ResourceClassError } from './resource-class-error.js';

/** A class whose decorators describe a resource, or a part of one. */
export type ResourceClass<T extends object = object> = abstract new (...args: never[]) => T;

/** How a resource is called and where it lives. */
export interface ResourceOptions {
  readonly group: string;
  readonly versions: readonly ResourceVersion[];
  readonly kind: string;
  /** Default: the kind in lower case with an `s`. */
  readonly plural?: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default `Namespaced`. */
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly description?: string;
}

export interface ResourceVersion {
  readonly name: string;
  /** Default `true`. */
  readonly served?: boolean;
  /** The version objects are stored in; exactly one. A single version needs no mark. */
  readonly storage?: boolean;
  /** `true`, or the warning that a client of this version is given. */
  readonly deprecated?: boolean | string;
}

/** A column of `kubectl get`. One of `path` and `condition` is needed. */
export interface ColumnOptions {
  /** JSONPath from the object, `.status.state`. */
  readonly path?: string;
  /** Shows the status of the condition of this type. */
  readonly condition?: string;
  /** Default `string`. `date` is shown as an age. */
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** Shown by `-o wide` only (priority 1). */
  readonly wide?: boolean;
}

export interface RuleOptions {
  /** The field the error is about, relative to where the rule stands: `.labelSelector`. */
  readonly fieldPath?: string;
  /** Default `Invalid`. */
  readonly reason?: Extract<FieldErrorReason, 'Invalid' | 'Forbidden' | 'Required' | 'Duplicate'>;
}

export interface RuleFact extends RuleOptions {
  readonly rule: string;
  readonly message: string;
}

/** `'object'` has no known fields: say `preserveUnknownFields` or `values` with it. A class is given by a function, so that the order of files does not matter. */
export type FieldType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | (() => ResourceClass);

/**
 * Everything that can be said about a field, or about the items of a list and the values of a map.
 * A field is required unless it is `optional` or has a `default`.
 */
export interface ValueOptions {
  readonly type?: FieldType;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly (string | number | boolean)[];
  /** RE2, not anchored by itself. */
  readonly pattern?: string;
  readonly format?: string;
  readonly min?: number;
  readonly max?: number;
  readonly exclusiveMin?: number;
  readonly exclusiveMax?: number;
  readonly multipleOf?: number;
  /** In code points. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Makes the field a list. */
  readonly items?: FieldType | ValueOptions;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** `set`: scalars, each at most once. `map`: see {@link ValueOptions.listMapKeys}. Default `atomic`. */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** The fields that tell the items of a list apart; each manager then owns its own items. */
  readonly listMapKeys?: readonly string[];
  /** Makes the field a map from strings to these. */
  readonly values?: FieldType | ValueOptions;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** `atomic`: the object is owned and replaced as a whole. */
  readonly mapType?: 'atomic' | 'granular';
  /** Keeps what the schema does not know, instead of pruning it. */
  readonly preserveUnknownFields?: boolean;
  /** A complete Kubernetes object with apiVersion, kind and metadata. */
  readonly embeddedResource?: boolean;
  /** `80` or `"http"`. */
  readonly intOrString?: boolean;
}

export interface FieldOptions extends ValueOptions {
  readonly optional?: boolean;
  /** Filled in by the API server; makes the field optional. */
  readonly default?: unknown;
  /** `true`: never changes, appears or vanishes. `'once-set'`: may be set later, and then stays. */
  readonly immutable?: boolean | 'once-set';
  /** The versions that have this field. Default: all. */
  readonly versions?: readonly string[];
}

/** What the decorators of one class said, base classes not included. */
export interface ClassFacts {
  resource?: ResourceOptions;
  readonly columns: (ColumnOptions & { readonly name: string })[];
  readonly rules: RuleFact[];
  readonly fields: Map<string, FieldFacts>;
}

export interface FieldFacts {
  options: FieldOptions;
  readonly rules: RuleFact[];
}

// A registered symbol, so that facts survive a second copy of this package in one process.
const FACTS: unique symbol = Symbol.for('@kaito-sdk/core/resource-facts') as never;

type Stamped = { [FACTS]?: ClassFacts };

/** The facts of exactly this class, made on first use. For decorators. */
export function ownFacts(target: object): ClassFacts {
  const stamped = target as Stamped;
  const own = Object.hasOwn(stamped, FACTS) ? stamped[FACTS] : undefined;
  if (own !== undefined) return own;
  const facts: ClassFacts = { columns: [], rules: [], fields: new Map() };
  Object.defineProperty(target, FACTS, { value: facts });
  return facts;
}

/** The facts of a class and its base classes; what a subclass says about a field adds to what its base said. */
export function factsOf(target: ResourceClass): ClassFacts {
  const merged: ClassFacts = { columns: [], rules: [], fields: new Map() };
  for (const link of lineage(target)) {
    const own = Object.hasOwn(link, FACTS) ? (link as Stamped)[FACTS] : undefined;
    if (own === undefined) continue;
    if (own.resource !== undefined) merged.resource = own.resource;
    merged.columns.push(...own.columns);
    merged.rules.push(...own.rules);
    for (const [name, field] of own.fields) {
      const before = merged.fields.get(name);
      merged.fields.set(name, {
        options: { ...before?.options, ...field.options },
        rules: [...(before?.rules ?? []), ...field.rules],
      });
    }
  }
  return merged;
}

/** Base class first. */
function lineage(target: object): object[] {
  const chain: object[] = [];
  for (
    let link: object | null = target;
    link !== null && link !== Function.prototype;
    link = Object.getPrototypeOf(link)
  ) {
    chain.unshift(link);
  }
  return chain;
}

/** The facts of one field of the class whose prototype this is, made on first use. For decorators. */
export function ownFieldFacts(prototype: object, property: string | symbol): FieldFacts {
  if (typeof property === 'symbol') {
    throw new ResourceClassError(
      prototype.constructor.name,
      String(property),
      'a symbol cannot be a field: name it with a string',
    );
  }
  const { fields } = ownFacts(prototype.constructor);
  let field = fields.get(property);
  if (field === undefined) {
    field = { options: {}, rules: [] };
    fields.set(property, field);
  }
  return field;
}
