import { createRequire } from 'node:module';
import type { ResourceClass, ValueOptions } from './facts.js';
import { ResourceClassError } from './resource-class-error.js';

/** What the class-validator decorators of one field say, in our own terms. */
export interface ValidatorFacts {
  /** About the field itself. */
  readonly own: ValueOptions;
  /** About each item of the list, from decorators with `each: true`. */
  readonly items: ValueOptions;
  /** Whether anything said that the field is a list. */
  readonly list: boolean;
  readonly optional: boolean;
  /** `@IsNotEmpty`: at least one character, if it is a string. */
  readonly notEmpty: boolean;
  /** `@ArrayUnique`. */
  readonly unique: boolean;
  /** `@ValidateNested`, which says that there is a class but not which one. */
  readonly nested: boolean;
  /** Names of validators that no schema can express: checked by the operator only. */
  readonly operatorOnly: readonly string[];
}

/** The part of class-validator's `ValidationMetadata` that is read here. */
interface ValidationMetadata {
  readonly type: string;
  readonly name?: string;
  readonly propertyName: string;
  readonly constraintCls?: unknown;
  readonly constraints?: readonly unknown[];
  readonly groups?: readonly string[];
  readonly each?: boolean;
}

interface MetadataStorage {
  getTargetValidationMetadatas(
    target: unknown,
    schema: string,
    always: boolean,
    strictGroups: boolean,
  ): ValidationMetadata[];
  getTargetValidatorConstraints(target: unknown): { readonly async: boolean }[];
}

/**
 * What class-validator knows about a class, by field. The library itself is not loaded for it (that costs 20 MB and 150 ms,
 * measured with 0.15.1): it keeps its metadata in a global, and where that is missing no decorator of it ever ran.
 */
export function validatorFactsOf(target: ResourceClass): ReadonlyMap<string, ValidatorFacts> {
  const storage = (globalThis as { classValidatorMetadataStorage?: MetadataStorage }).classValidatorMetadataStorage;
  const byField = new Map<string, ValidationMetadata[]>();
  for (const metadata of storage?.getTargetValidationMetadatas(target, '', true, false) ?? []) {
    const list = byField.get(metadata.propertyName) ?? [];
    list.push(metadata);
    byField.set(metadata.propertyName, list);
  }
  return new Map([...byField].map(([field, metadata]) => [field, translate(target, field, metadata, storage)]));
}

function translate(
  target: ResourceClass,
  field: string,
  all: readonly ValidationMetadata[],
  storage: MetadataStorage | undefined,
): ValidatorFacts {
  const refuse = (problem: string): never => {
    throw new ResourceClassError(target.name, field, problem);
  };
  let own: ValueOptions = {};
  let items: ValueOptions = {};
  const flags = { list: false, optional: false, notEmpty: false, unique: false, nested: false };
  const operatorOnly: string[] = [];

  for (const metadata of all) {
    if ((metadata.groups?.length ?? 0) > 0)
      refuse('validation groups have no counterpart in a CRD: leave `groups` out');
    if (metadata.each === true) flags.list = true;
    const name = metadata.name ?? metadata.type;
    if (metadata.type === 'conditionalValidation') {
      if (name !== 'isOptional') refuse('@ValidateIf cannot be written into a CRD: say it with @Rule on the class');
      flags.optional = true;
    } else if (metadata.type === 'nestedValidation') {
      flags.nested = true;
    } else if (metadata.type === 'promiseValidation') {
      refuse('a promise cannot stand in a CRD');
    } else if (metadata.type !== 'whitelistValidation') {
      const refusal = REFUSED[name];
      if (refusal !== undefined) refuse(refusal);
      const said = TRANSLATIONS[name]?.(metadata.constraints ?? [], refuse);
      if (said === undefined) {
        if (
          storage?.getTargetValidatorConstraints(metadata.constraintCls).some((constraint) => constraint.async) === true
        ) {
          refuse(
            `the validator ${name} is asynchronous: objects are checked without waiting, so check it in the controller`,
          );
        }
        operatorOnly.push(name);
      } else {
        if (said.notEmpty === true) flags.notEmpty = true;
        if (said.unique === true) flags.unique = true;
        if (said.list === true) flags.list = true;
        if (metadata.each === true) items = merge(items, said.value ?? {}, refuse);
        else own = merge(own, said.value ?? {}, refuse);
      }
    }
  }
  return { own, items, ...flags, operatorOnly };
}

interface Said {
  readonly value?: ValueOptions;
  readonly list?: boolean;
  readonly notEmpty?: boolean;
  readonly unique?: boolean;
}

type Translation = (constraints: readonly unknown[], refuse: (problem: string) => never) => Said;

const value = (options: ValueOptions): Said => ({ value: options });
const list = (options: ValueOptions): Said => ({ value: options, list: true });
const number = (constraint: unknown): number => Number(constraint);

/** class-validator 0.15.1 by the name that each validator registers under. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  isString: () => value({ type: 'string' }),
  isInt: () => value({ type: 'integer' }),
  isNumber: () => value({ type: 'number' }),
  isBoolean: () => value({ type: 'boolean' }),
  isObject: () => value({ type: 'object' }),
  isDateString: () => value({ type: 'string', format: 'date-time' }),
  isDefined: () => value({}),
  isNotEmpty: () => ({ notEmpty: true }),
  min: ([min]) => value({ min: number(min) }),
  max: ([max]) => value({ max: number(max) }),
  isPositive: () => value({ exclusiveMin: 0 }),
  isNegative: () => value({ exclusiveMax: 0 }),
  isDivisibleBy: ([of]) => value({ multipleOf: number(of) }),
  minLength: ([min]) => value({ type: 'string', minLength: number(min) }),
  maxLength: ([max]) => value({ type: 'string', maxLength: number(max) }),
  isLength: ([min, max]) =>
    value({ type: 'string', minLength: number(min), ...(max === undefined ? {} : { maxLength: number(max) }) }),
  matches: ([pattern, modifiers], refuse) => value({ type: 'string', pattern: sourceOf(pattern, modifiers, refuse) }),
  isIn: ([values], refuse) => value({ enum: scalars(values, refuse) }),
  isEnum: ([entity, values], refuse) => value({ enum: scalars(values ?? Object.values(entity as object), refuse) }),
  equals: ([only], refuse) => value({ enum: scalars([only], refuse) }),
  isArray: () => list({}),
  arrayNotEmpty: () => list({ minItems: 1 }),
  arrayMinSize: ([min]) => list({ minItems: number(min) }),
  arrayMaxSize: ([max]) => list({ maxItems: number(max) }),
  arrayUnique: () => ({ list: true, unique: true }),
};

const REFUSED: Readonly<Record<string, string>> = {
  isDate: 'JSON has no dates: use @IsDateString, or @Field({ type: "string", format: "date-time" })',
  minDate: 'JSON has no dates: use @IsDateString and a @Rule',
  maxDate: 'JSON has no dates: use @IsDateString and a @Rule',
  isEmpty: 'a field that must be empty is no field: leave it out',
  isInstance:
    'objects from the API server are plain JSON and instances of nothing: name the class in @Field({ type: () => Class })',
};

function sourceOf(pattern: unknown, modifiers: unknown, refuse: (problem: string) => never): string {
  const flags = pattern instanceof RegExp ? pattern.flags : typeof modifiers === 'string' ? modifiers : '';
  // `u` and `v` change how JavaScript reads the pattern; RE2 always reads code points.
  if (/[^uv]/.test(flags)) refuse(`the API server knows no flags of a pattern (${flags}): write it without them`);
  return pattern instanceof RegExp ? pattern.source : String(pattern);
}

function scalars(values: unknown, refuse: (problem: string) => never): (string | number | boolean)[] {
  if (!Array.isArray(values)) return refuse('the allowed values must be a list of strings, numbers or booleans');
  return values.map((each: unknown) =>
    typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean'
      ? each
      : refuse('the allowed values must be strings, numbers or booleans'),
  );
}

/** Adds what one source says about a value to what another said; a contradiction is refused. An integer is a number as well. */
export function merge(first: ValueOptions, second: ValueOptions, refuse: (problem: string) => never): ValueOptions {
  const merged: Record<string, unknown> = { ...first };
  for (const [key, said] of Object.entries(second)) {
    const before = merged[key];
    if (before === undefined || JSON.stringify(before) === JSON.stringify(said)) merged[key] = said;
    else if (key === 'type' && [before, said].every((type) => type === 'integer' || type === 'number'))
      merged[key] = 'integer';
    else if (key !== 'description') refuse(`${key} is said twice: ${shown(before)} and ${shown(said)}. Leave one out`);
  }
  return merged;
}

const shown = (fact: unknown): string => (typeof fact === 'function' ? 'a class' : JSON.stringify(fact));

/** One field that failed a validator which only the operator can run. */
export interface OperatorFailure {
  readonly property: string;
  readonly message: string;
}

interface ClassValidator {
  validateSync(
    object: object,
    options: { readonly forbidUnknownValues: boolean; readonly stopAtFirstError: boolean },
  ): { readonly property: string; readonly constraints?: Readonly<Record<string, string>> }[];
}

/**
 * Runs the validators of a class that no schema can express on one object, without its nested objects. The object is shown to
 * them as an instance of the class, made for this call and thrown away; it is read and never changed.
 */
export function runOperatorOnly(
  target: ResourceClass,
  names: ReadonlyMap<string, readonly string[]>,
  object: Readonly<Record<string, unknown>>,
): OperatorFailure[] {
  const { validateSync } = createRequire(import.meta.url)('class-validator') as ClassValidator;
  const view = Object.assign(Object.create(target.prototype as object) as Record<string, unknown>, object);
  const failures: OperatorFailure[] = [];
  for (const { property, constraints } of validateSync(view, { forbidUnknownValues: false, stopAtFirstError: false })) {
    for (const name of names.get(property) ?? []) {
      const message = constraints?.[name];
      if (message !== undefined) failures.push({ property, message });
    }
  }
  return failures;
}
