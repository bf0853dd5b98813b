import { Causes } from '../registry/causes.js';
import { copyJson, isObject } from '../store/json.js';
import { compileRule } from './cel.js';
import { applyDefaults } from './defaults.js';
import type { Schema } from './schema.js';
import { re2, validateSchema } from './validate.js';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/**
 * Refuses what a CustomResourceDefinition may not have as a schema: no type, `$ref`, both properties and additionalProperties, list keys that do
 * not exist, patterns and rules that do not compile, defaults that would not pass themselves.
 */
export function checkStructural(root: Schema, path: string, causes: Causes): void {
  if (root.type !== 'object') {
    if (root.type === undefined) causes.required(`${path}.type`, 'must not be empty at the root');
    else causes.invalid(`${path}.type`, root.type, 'must be object at the root');
  }
  if (root.nullable === true) causes.forbidden(`${path}.nullable`, 'nullable cannot be true at the root');
  walk(root, path, causes, true);
}

function walk(schema: Schema, path: string, causes: Causes, root = false): void {
  if (schema.$ref !== undefined) causes.forbidden(`${path}.$ref`, '$ref is not supported');
  if (schema.uniqueItems === true)
    causes.forbidden(
      `${path}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    );
  const typeless =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.type === undefined && !typeless && !root)
    causes.required(`${path}.type`, 'must not be empty for specified object fields');
  if (schema.type !== undefined && !types.includes(schema.type))
    causes.notSupported(`${path}.type`, schema.type, types);
  if (schema['x-kubernetes-int-or-string'] === true && schema.type !== undefined) {
    causes.invalid(`${path}.type`, schema.type, 'must be empty if x-kubernetes-int-or-string is true');
  }
  if (schema.type === 'array' && schema.items === undefined) causes.required(`${path}.items`, 'must be specified');
  if (
    schema.properties !== undefined &&
    schema.additionalProperties !== undefined &&
    schema.additionalProperties !== false
  ) {
    causes.forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  }
  checkList(schema, path, causes);
  if (schema.pattern !== undefined) tryPattern(schema.pattern, path, causes);
  if (schema.default !== undefined && !root) checkDefault(schema, path, causes);
  (schema['x-kubernetes-validations'] ?? []).forEach((rule, index) => {
    const where = `${path}.x-kubernetes-validations[${index}]`;
    if (!rule.rule?.trim()) causes.required(`${where}.rule`, 'rule is not specified');
    else {
      const problem = compileRule(schema, rule).problem;
      if (problem !== undefined)
        causes.invalid(`${where}.rule`, rule, `compilation failed: ERROR: <input>:1:1: ${problem}`);
    }
  });
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (root && key === 'metadata') continue;
    if (isObject(property))
      walk(property as Schema, `${path}.properties[${key}]`, causes, root && (key === 'apiVersion' || key === 'kind'));
  }
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, causes);
  if (isObject(schema.additionalProperties))
    walk(schema.additionalProperties as Schema, `${path}.additionalProperties`, causes);
}

function checkList(schema: Schema, path: string, causes: Causes): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    causes.notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set']);
  }
  if (listType === 'map') {
    if (keys === undefined || keys.length === 0) {
      causes.required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map');
    }
    for (const key of keys ?? []) {
      const property = schema.items?.properties?.[key];
      if (property === undefined) {
        causes.invalid(`${path}.x-kubernetes-list-map-keys`, key, 'entries must all be names of item properties');
      } else if (property.default === undefined && !schema.items?.required?.includes(key)) {
        causes.required(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        );
      }
    }
  } else if (keys !== undefined && keys.length > 0) {
    causes.forbidden(`${path}.x-kubernetes-list-map-keys`, 'is only allowed if x-kubernetes-list-type is map');
  }
}

function tryPattern(pattern: string, path: string, causes: Causes): void {
  try {
    re2(pattern);
  } catch (error) {
    causes.invalid(
      `${path}.pattern`,
      pattern,
      `must be a valid regular expression, but isn't: ${(error as Error).message}`,
    );
  }
}

function checkDefault(schema: Schema, path: string, causes: Causes): void {
  const filled = copyJson(schema.default);
  applyDefaults(schema, filled);
  const inner = new Causes();
  validateSchema(schema, filled, inner, `${path}.default`);
  for (const cause of inner.list) causes.list.push(cause);
}
