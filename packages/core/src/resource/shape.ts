import { type CompiledRule, compileRule, escapeName } from './cel-rule.js';
import { checkValue } from './check-value.js';
import { merge, type ValidatorFacts, validatorFactsOf } from './class-validator-facts.js';
import {
  type FieldFacts,
  type FieldOptions,
  factsOf,
  type ResourceClass,
  type RuleFact,
  type ValueOptions,
} from './facts.js';
import { formatFieldErrors } from './field-error.js';
import type { JsonSchema, ValidationRule } from './json-schema.js';
import { ResourceClassError } from './resource-class-error.js';
import { asOptions, impliedType, isScalar, kindOf, misplacedFact, valueFacts } from './value-facts.js';

/** A class, or a part of one, made ready: its schema, and what is needed beside the schema to check an object in process. */
export interface Shape {
  /** As it stands in the CRD. */
  readonly schema: JsonSchema;
  /** The schema as rules see it: that of a whole object knows metadata.name. */
  readonly ruleSchema: JsonSchema;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, Shape>;
  readonly items?: Shape;
  readonly values?: Shape;
  /** The class, and its validators that only the operator can run, by field. */
  readonly operator?: { readonly target: ResourceClass; readonly names: ReadonlyMap<string, readonly string[]> };
}

const cache = new WeakMap<object, Map<string, Shape>>();

/**
 * Reads a class once for each version. Throws a {@link ResourceClassError} that names the field when the class says something
 * that a CRD cannot hold.
 */
export function shapeOf(target: ResourceClass, version: string): Shape {
  const versions = cache.get(target) ?? new Map<string, Shape>();
  cache.set(target, versions);
  let shape = versions.get(version);
  if (shape === undefined) {
    shape = new ShapeReader(target, version).read();
    versions.set(version, shape);
  }
  return shape;
}

interface Place {
  /** From the root class, for messages. */
  readonly path: string;
  readonly classes: readonly ResourceClass[];
  /** Whether the server can find the old value of this place; not so inside a list without keys. */
  readonly hasOld: boolean;
}

/** Turns one class into its shape; an object of its own because every refusal names the root class and the path in it. */
class ShapeReader {
  constructor(
    private readonly root: ResourceClass,
    private readonly version: string,
  ) {}

  read(): Shape {
    const isResource = factsOf(this.root).resource !== undefined;
    return this.ofClass(this.root, { path: '', classes: [], hasOld: true }, {}, [], isResource);
  }

  private refuse(path: string, problem: string): never {
    throw new ResourceClassError(this.root.name, path, problem);
  }

  private ofClass(
    target: ResourceClass,
    place: Place,
    options: ValueOptions,
    fieldRules: readonly RuleFact[],
    isResource: boolean,
  ): Shape {
    if (place.classes.includes(target)) {
      this.refuse(
        place.path,
        `${target.name} contains itself and a schema cannot: cut it with { type: 'object', preserveUnknownFields: true }`,
      );
    }
    const facts = factsOf(target);
    const validators = validatorFactsOf(target);
    const names = new Set([...facts.fields.keys(), ...validators.keys()]);
    if (names.size === 0) this.refuse(place.path, `${target.name} has no fields: decorate them with @Field`);

    const properties = new Map<string, Shape>();
    const required: string[] = [];
    const operatorOnly = new Map<string, readonly string[]>();
    const rules: RuleFact[] = [...facts.rules, ...fieldRules];
    for (const name of names) {
      const path = place.path === '' ? name : `${place.path}.${name}`;
      if (isResource && RESERVED_FIELDS.has(name)) this.refuse(path, 'every object has it: do not decorate it');
      const field: FieldFacts = facts.fields.get(name) ?? { options: {}, rules: [] };
      if (field.options.versions !== undefined && !field.options.versions.includes(this.version)) continue;
      const said = validators.get(name);
      const all = this.together(path, field.options, said);
      const optional = all.optional === true || all.default !== undefined;
      if (!optional) required.push(name);
      if (said !== undefined && said.operatorOnly.length > 0) operatorOnly.set(name, said.operatorOnly);

      const own = [...field.rules];
      if (all.immutable !== undefined && all.immutable !== false) {
        own.push({ rule: 'self == oldSelf', message: 'cannot be changed: delete the object and create it again' });
        if (optional && all.default === undefined) rules.push(presenceRule(name, all.immutable));
      }
      properties.set(name, this.ofValue({ ...place, path, classes: [...place.classes, target] }, all, own));
    }

    const rest = this.objectFacts(place.path, options);
    const schema: JsonSchema = {
      ...rest,
      type: 'object',
      properties: {
        ...(isResource ? OBJECT_FIELDS : {}),
        ...Object.fromEntries([...properties].map(([name, shape]) => [name, shape.schema])),
      },
      ...(required.length === 0 ? {} : { required: required.sort() }),
    };
    const described =
      isResource && facts.resource?.description !== undefined ? { description: facts.resource.description } : {};
    const shape = this.withRules({ ...described, ...schema }, rules, place, properties, isResource);
    return operatorOnly.size === 0 ? shape : { ...shape, operator: { target, names: operatorOnly } };
  }

  /** What @Field and class-validator say about one field, as one. */
  private together(path: string, options: FieldOptions, said: ValidatorFacts | undefined): FieldOptions {
    if (said === undefined) return options;
    const refuse = (problem: string): never => this.refuse(path, problem);
    const { items, type } = options;
    let own = said.own;
    let list: ValueOptions | undefined;
    if (said.list || items !== undefined) {
      const { type: listed, ...without } = own;
      if (listed !== undefined) refuse(`is a list and a ${String(listed)}: add { each: true } if the items are meant`);
      own = without;
      list = merge(asOptions(items), said.items, refuse);
      if (Object.keys(list).length === 0) refuse('a list of what? Say @Field({ items: … })');
    }
    if (said.nested && typeof (list ?? options).type !== 'function') {
      refuse(`@ValidateNested does not say which class: add @Field({ ${said.list ? 'items' : 'type'}: () => Class })`);
    }
    if (own.type === 'object' && typeof type === 'function') {
      const { type: _object, ...without } = own;
      own = without;
    }
    const merged = merge(
      { ...options, ...(list === undefined ? {} : { items: undefined }) } as ValueOptions,
      own,
      refuse,
    ) as FieldOptions;
    return {
      ...merged,
      ...(said.optional ? { optional: true } : {}),
      ...(said.notEmpty && merged.type === 'string' && merged.minLength === undefined ? { minLength: 1 } : {}),
      ...(list === undefined ? {} : { items: list }),
      ...(said.unique && list !== undefined && isScalar(list.type) ? { listType: 'set' as const } : {}),
    };
  }

  private ofValue(place: Place, options: FieldOptions, rules: readonly RuleFact[]): Shape {
    const { path } = place;
    const { items, values, intOrString } = options;
    const type = options.type ?? impliedType(options);
    const kinds = [items !== undefined, values !== undefined, intOrString === true].filter(Boolean).length;
    if (kinds > 1 || (kinds === 1 && type !== undefined && !(values !== undefined && type === 'object'))) {
      this.refuse(path, 'is only one of type, items, values and intOrString');
    }
    const misplaced = misplacedFact(options, kindOf(options, type));
    if (misplaced !== undefined) this.refuse(path, misplaced);

    let shape: Shape;
    if (items !== undefined) shape = this.ofList(place, options, asOptions(items), rules);
    else if (values !== undefined) {
      const each = this.ofValue({ ...place, path: `${path}[*]` }, asOptions(values), []);
      const schema = { ...this.objectFacts(path, options), type: 'object' as const, additionalProperties: each.schema };
      shape = { ...this.withRules(schema, rules, place, new Map()), values: each };
    } else if (intOrString === true) {
      shape = this.withRules({ ...valueFacts(options), 'x-kubernetes-int-or-string': true }, rules, place, new Map());
    } else if (typeof type === 'function') shape = this.ofClass(type(), place, options, rules, false);
    else if (type === 'object') {
      if (options.preserveUnknownFields !== true && options.embeddedResource !== true) {
        this.refuse(
          path,
          'an object of what? Name its class, give the type of its values, or say preserveUnknownFields',
        );
      }
      shape = this.withRules({ ...this.objectFacts(path, options), type: 'object' }, rules, place, new Map());
    } else if (type !== undefined) shape = this.withRules({ ...valueFacts(options), type }, rules, place, new Map());
    else {
      return this.refuse(
        path,
        "has no type: say @Field({ type: … }) or @IsString(), @IsInt(), … (a compiler's metadata is never asked, not every transpiler writes it)",
      );
    }
    if (options.default === undefined) return shape;
    const errors = checkValue(shape, options.default, path);
    if (errors.length > 0) this.refuse(path, `its default is not valid: ${formatFieldErrors(errors)}`);
    return { ...shape, schema: { ...shape.schema, default: options.default } };
  }

  private ofList(place: Place, options: FieldOptions, items: ValueOptions, rules: readonly RuleFact[]): Shape {
    const { path } = place;
    const { listType, listMapKeys } = options;
    const item = this.ofValue({ ...place, path: `${path}[]`, hasOld: place.hasOld && listType === 'map' }, items, []);
    if (listType === 'map') {
      if (listMapKeys === undefined || listMapKeys.length === 0)
        this.refuse(path, 'a list of type map needs listMapKeys');
      for (const key of listMapKeys ?? []) {
        const field = item.schema.properties?.[key];
        if (field === undefined) this.refuse(path, `the list-map key ${key} is no field of its items`);
        if (!isScalar(field?.type)) this.refuse(path, `the list-map key ${key} must be a scalar`);
        if (item.schema.required?.includes(key) !== true && field?.default === undefined) {
          this.refuse(path, `the list-map key ${key} must be required or have a default`);
        }
      }
    } else if (listMapKeys !== undefined) this.refuse(path, "listMapKeys need listType: 'map'");
    if (listType === 'set' && !isScalar(item.schema.type)) this.refuse(path, 'a set holds scalars only');
    const schema: JsonSchema = {
      ...valueFacts(options),
      type: 'array',
      items: item.schema,
      ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType }),
      ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
    };
    return { ...this.withRules(schema, rules, place, new Map()), items: item };
  }

  private withRules(
    schema: JsonSchema,
    facts: readonly RuleFact[],
    place: Place,
    properties: ReadonlyMap<string, Shape>,
    isResource = false,
  ): Shape {
    const ruleSchema = isResource
      ? { ...schema, properties: { ...schema.properties, metadata: METADATA_IN_RULES } }
      : schema;
    const rules = facts.map((fact) => compileRule(fact, ruleSchema, this.root.name, place.path));
    for (const rule of rules) {
      if (rule.transition && !place.hasOld) {
        this.refuse(
          place.path,
          `rule \`${rule.fact.rule}\`: the old value of an item is known only in a list with listMapKeys`,
        );
      }
    }
    const validations = rules.map(({ fact }): ValidationRule => {
      const { rule, message, fieldPath, reason } = fact;
      return {
        rule,
        message,
        ...(fieldPath === undefined ? {} : { fieldPath }),
        ...(reason === undefined ? {} : { reason: `FieldValue${reason}` }),
      };
    });
    const full = validations.length === 0 ? schema : { ...schema, 'x-kubernetes-validations': validations };
    return { schema: full, ruleSchema, rules, properties };
  }

  private objectFacts(path: string, options: ValueOptions): JsonSchema {
    const { preserveUnknownFields, embeddedResource, mapType } = options;
    if (embeddedResource === true && preserveUnknownFields === false)
      this.refuse(path, 'an embedded resource keeps its unknown fields');
    return {
      ...valueFacts(options),
      ...(preserveUnknownFields === true || embeddedResource === true
        ? { 'x-kubernetes-preserve-unknown-fields': true }
        : {}),
      ...(embeddedResource === true ? { 'x-kubernetes-embedded-resource': true } : {}),
      ...(mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }),
    };
  }
}

/** Rules on a field run only where it is there before and after, so appearing and vanishing are the parent's to notice. */
function presenceRule(name: string, immutable: true | 'once-set'): RuleFact {
  const field = escapeName(name);
  return immutable === 'once-set'
    ? {
        rule: `!has(oldSelf.${field}) || has(self.${field})`,
        message: `${name} cannot be removed once it is set: delete the object and create it again`,
      }
    : {
        rule: `has(self.${field}) == has(oldSelf.${field})`,
        message: `${name} cannot be added or removed: delete the object and create it again`,
      };
}

const RESERVED_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

const OBJECT_FIELDS: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object' },
};

/** All of metadata that the API server shows to rules. */
const METADATA_IN_RULES: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
