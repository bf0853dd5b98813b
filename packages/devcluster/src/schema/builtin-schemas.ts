import { builtinTypes } from './builtin-types.js';
import type { Schema } from './schema.js';
import { integerFormat } from './wire-table.js';

/** Kinds that the generated table lacks, in the same notation. The schemas inside a CustomResourceDefinition are free-form here; they have a check of their own. */
const ownTypes = `
apiextensions.v1.CustomResourceDefinition: apiVersion s; kind s; metadata meta.v1.ObjectMeta; spec apiextensions.v1.CustomResourceDefinitionSpec; status apiextensions.v1.CustomResourceDefinitionStatus
apiextensions.v1.CustomResourceDefinitionSpec: conversion apiextensions.v1.CustomResourceConversion; group s; names apiextensions.v1.CustomResourceDefinitionNames; preserveUnknownFields b; scope s; versions []apiextensions.v1.CustomResourceDefinitionVersion
apiextensions.v1.CustomResourceConversion: strategy s; webhook *
apiextensions.v1.CustomResourceDefinitionNames: categories []s; kind s; listKind s; plural s; shortNames []s; singular s
apiextensions.v1.CustomResourceDefinitionVersion: additionalPrinterColumns []apiextensions.v1.CustomResourceColumnDefinition; deprecated b; deprecationWarning s; name s; schema apiextensions.v1.CustomResourceValidation; selectableFields []apiextensions.v1.SelectableField; served b; storage b; subresources apiextensions.v1.CustomResourceSubresources
apiextensions.v1.CustomResourceColumnDefinition: description s; format s; jsonPath s; name s; priority i; type s
apiextensions.v1.CustomResourceValidation: openAPIV3Schema *
apiextensions.v1.SelectableField: jsonPath s
apiextensions.v1.CustomResourceSubresources: scale apiextensions.v1.CustomResourceSubresourceScale; status *
apiextensions.v1.CustomResourceSubresourceScale: labelSelectorPath s; specReplicasPath s; statusReplicasPath s
apiextensions.v1.CustomResourceDefinitionStatus: acceptedNames apiextensions.v1.CustomResourceDefinitionNames; conditions [type]apiextensions.v1.CustomResourceDefinitionCondition; observedGeneration i; storedVersions []s
apiextensions.v1.CustomResourceDefinitionCondition: lastTransitionTime t; message s; observedGeneration i; reason s; status s; type s
authorization.v1.ResourceAttributes: fieldSelector *; group s; labelSelector *; name s; namespace s; resource s; subresource s; verb s; version s
authorization.v1.NonResourceAttributes: path s; verb s
authorization.v1.SelfSubjectAccessReviewSpec: nonResourceAttributes authorization.v1.NonResourceAttributes; resourceAttributes authorization.v1.ResourceAttributes
authorization.v1.SelfSubjectAccessReview: apiVersion s; kind s; metadata meta.v1.ObjectMeta; spec authorization.v1.SelfSubjectAccessReviewSpec; status *
authorization.v1.SubjectAccessReviewSpec: extra *; groups []s; nonResourceAttributes authorization.v1.NonResourceAttributes; resourceAttributes authorization.v1.ResourceAttributes; uid s; user s
authorization.v1.SubjectAccessReview: apiVersion s; kind s; metadata meta.v1.ObjectMeta; spec authorization.v1.SubjectAccessReviewSpec; status *
authentication.v1.SelfSubjectReview: apiVersion s; kind s; metadata meta.v1.ObjectMeta; status *
authentication.v1.TokenReviewSpec: audiences []s; token s
authentication.v1.TokenReview: apiVersion s; kind s; metadata meta.v1.ObjectMeta; spec authentication.v1.TokenReviewSpec; status *
autoscaling.v1.Scale: apiVersion s; kind s; metadata meta.v1.ObjectMeta; spec autoscaling.v1.ScaleSpec; status autoscaling.v1.ScaleStatus
autoscaling.v1.ScaleSpec: replicas i
autoscaling.v1.ScaleStatus: replicas i; selector s
core.v1.Binding: apiVersion s; kind s; metadata meta.v1.ObjectMeta; target core.v1.ObjectReference
`;

const scalars: Readonly<Record<string, Schema>> = {
  s: { type: 'string' },
  i: { type: 'integer' },
  b: { type: 'boolean' },
  q: { 'x-kubernetes-int-or-string': true, format: 'quantity' },
  x: { 'x-kubernetes-int-or-string': true },
  t: { type: 'string', format: 'date-time' },
  m: { type: 'string', format: 'micro-time' },
  '*': { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' },
};

/** Lists that strategic merge joins by another key than the first of the list's own keys, or replaces although apply merges them. */
const retainKeys = new Set(['core.v1.PodSpec.volumes', 'apps.v1.DeploymentSpec.strategy']);

/** Maps of bytes, which the published schema calls maps of strings. */
const bytes = new Set(['core.v1.ConfigMap.binaryData', 'core.v1.Secret.data']);

let lines: Map<string, string> | undefined;
const parsed = new Map<string, Schema>();

function line(name: string): string | undefined {
  if (lines === undefined) {
    lines = new Map();
    for (const text of (builtinTypes + ownTypes).split('\n')) {
      const colon = text.indexOf(': ');
      if (colon > 0) lines.set(text.slice(0, colon), text.slice(colon + 2));
    }
  }
  return lines.get(name);
}

/** The schema of a named built-in type such as `apps.v1.Deployment`. Throws for a name that does not exist: that is a mistake in a table here. */
export function builtinSchema(name: string): Schema {
  let schema = parsed.get(name);
  if (schema === undefined) {
    const text = line(name);
    if (text === undefined) throw new Error(`no built-in type ${name}`);
    schema = parseType(name, text);
    parsed.set(name, schema);
  }
  return schema;
}

/** Follows `$ref`, which only the built-in types have. */
export function resolve(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : builtinSchema(schema.$ref);
}

function parseType(name: string, text: string): Schema {
  const atomic = text.startsWith('! ');
  const properties: Record<string, Schema> = {};
  for (const field of (atomic ? text.slice(2) : text).split('; ')) {
    const space = field.indexOf(' ');
    if (space < 0) continue;
    const key = field.slice(0, space);
    const parsedField = bytes.has(`${name}.${key}`)
      ? { type: 'object', additionalProperties: { type: 'string', format: 'byte' } }
      : withFormat(parseField(field.slice(space + 1)), name, key);
    const type =
      `${name}.${key}` === 'core.v1.PodSpec.containers' ? { ...parsedField, 'x-always-present': true } : parsedField;
    properties[key] = retainKeys.has(`${name}.${key}`)
      ? { ...type, 'x-kubernetes-patch-strategy': type.type === 'array' ? 'merge,retainKeys' : 'retainKeys' }
      : type;
  }
  return { type: 'object', properties, ...(atomic ? { 'x-kubernetes-map-type': 'atomic' as const } : {}) };
}

function withFormat(schema: Schema, type: string, field: string): Schema {
  const format = schema.type === 'integer' ? integerFormat(type, field) : undefined;
  return format === undefined ? schema : { ...schema, format };
}

function parseField(text: string): Schema {
  if (text.endsWith('~')) return { ...parseField(text.slice(0, -1)), 'x-always-present': true };
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const how = text.slice(1, close);
    const items = parseField(text.slice(close + 1));
    if (how === '') return { type: 'array', items, 'x-kubernetes-list-type': 'atomic' };
    if (how === 'set') {
      return { type: 'array', items, 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' };
    }
    const keys = how.split('+');
    return {
      type: 'array',
      items,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': keys,
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': keys[0] ?? '',
    };
  }
  if (text.startsWith('{')) {
    const close = text.indexOf('}');
    return {
      type: 'object',
      additionalProperties: parseField(text.slice(close + 1)),
      ...(text.startsWith('{!') ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
    };
  }
  const scalar = scalars[text];
  if (scalar !== undefined) return scalar;
  return text.endsWith('!') ? { $ref: text.slice(0, -1), 'x-kubernetes-map-type': 'atomic' } : { $ref: text };
}
