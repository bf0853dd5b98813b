import {
  type ColumnOptions,
  type FieldOptions,
  type FieldType,
  ownFacts,
  ownFieldFacts,
  type ResourceOptions,
  type RuleOptions,
  type ValueOptions,
} from './facts.js';

/*
 * Every decorator writes down what it is told and nothing else: contradictions are found when the class is first used, where the
 * whole class is known. None of them reads emitted metadata (`design:type`), so a class means the same under every transpiler,
 * and a decorator may as well be called by hand: `Field({ type: 'string' })(Thing.prototype, 'name')`.
 */

type Constructor = abstract new (...args: never[]) => object;

/** Makes a class a custom resource. Its fields are the top-level fields of the object; apiVersion, kind and metadata are there anyway. */
export function Resource(options: ResourceOptions): (target: Constructor) => void {
  return (target) => {
    ownFacts(target).resource = options;
  };
}

/** A column of `kubectl get`, in the order in which they are written. */
export function Column(name: string, options: ColumnOptions): (target: Constructor) => void {
  return (target) => {
    // Class decorators run from the last to the first; columns are read from the first to the last.
    ownFacts(target).columns.unshift({ name, ...options });
  };
}

/**
 * A CEL rule that must hold. On a class `self` is the object, on a field the value of that field. A rule that names `oldSelf` is
 * checked on updates only. The message must say what to do: it is all that the user will see.
 */
export function Rule(
  rule: string,
  message: string,
  options: RuleOptions = {},
): (target: object, property?: string | symbol) => void {
  return (target, property) => {
    const rules = property === undefined ? ownFacts(target).rules : ownFieldFacts(target, property).rules;
    rules.unshift({ rule, message, ...options });
  };
}

/** A field. Required unless `optional` or with a `default`. Said twice about one field, the parts add up. */
export function Field(options: FieldOptions = {}): (prototype: object, property: string | symbol) => void {
  return (prototype, property) => {
    const field = ownFieldFacts(prototype, property);
    field.options = { ...field.options, ...options };
  };
}

/** A list of objects told apart by the named fields, so that two writers may each own their items (`x-kubernetes-list-type: map`). */
export function ListMap(
  items: FieldType | ValueOptions,
  keys: string | readonly string[],
  options: FieldOptions = {},
): (prototype: object, property: string | symbol) => void {
  return Field({ ...options, items, listType: 'map', listMapKeys: typeof keys === 'string' ? [keys] : keys });
}

/**
 * A part in the format of another API, a pod template for one: taken as it is, unknown fields and all, and checked by whoever
 * uses it. `what` names it in the description.
 */
export function Embedded(
  what: string,
  options: FieldOptions = {},
): (prototype: object, property: string | symbol) => void {
  const description = options.description === undefined ? `A ${what}.` : `${options.description} (a ${what})`;
  return Field({ ...options, type: 'object', preserveUnknownFields: true, description });
}
