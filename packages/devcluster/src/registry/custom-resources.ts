import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { hasRules, validateRules } from '../schema/cel.js';
import { applyDefaults, hasDefaults } from '../schema/defaults.js';
import { prune } from '../schema/prune.js';
import type { Schema } from '../schema/schema.js';
import { validateSchema } from '../schema/validate.js';
import { asList, asObject, at, copyJson, freezeJson, isObject, type JsonObject, sameJson } from '../store/json.js';
import { isNumeric, writeJson } from '../store/lossless-json.js';
import { Causes } from './causes.js';
import type { FieldReader } from './field-selector.js';
import { jsonPath, plainKeys } from './json-path.js';
import { ageOf } from './kinds/age.js';
import { ageColumn, nameColumn } from './kinds/columns.js';
import { unqualifiedFinalizers } from './metadata.js';
import type { Column, Resource, ScalePaths, Strategy } from './resource.js';
import { compareVersions } from './resource-table.js';

/** The resources a CustomResourceDefinition stands for: one for each served version. */
export function resourcesOf(crd: KubeObject): Resource[] {
  const spec = asObject(crd.spec);
  const terminating = crd.metadata.deletionTimestamp !== undefined;
  const versions = asList(spec.versions).map(asObject);
  const storage = versions.find((version) => version.storage === true);
  const storageVersion = `${spec.group}/${storage?.name}`;
  return versions
    .filter((version) => version.served === true)
    .map((version) => resourceOf(spec, version, storageVersion, terminating));
}

/** The text of the warning that comes with a deprecated version: its own, or one that names the version to use instead. */
function deprecationOf(spec: JsonObject, version: JsonObject): string {
  if (version.deprecationWarning !== undefined) return String(version.deprecationWarning);
  const kind = asObject(spec.names).kind;
  const better = asList(spec.versions)
    .map(asObject)
    .filter((each) => each.served === true && each.deprecated !== true)
    .map((each) => String(each.name))
    .sort(compareVersions)
    .find((name) => compareVersions(name, String(version.name)) < 0);
  const instead = better === undefined ? '' : `; use ${spec.group}/${better} ${kind}`;
  return `${spec.group}/${version.name} ${kind} is deprecated${instead}`;
}

const strings = (value: unknown): string[] => asList(value).map(String);

function resourceOf(spec: JsonObject, version: JsonObject, storageVersion: string, terminating: boolean): Resource {
  const names = asObject(spec.names);
  const group = String(spec.group);
  const schema = asObject(at(version, 'schema', 'openAPIV3Schema')) as Schema;
  const status = at(version, 'subresources', 'status') !== undefined;
  const scale = scaleOf(at(version, 'subresources', 'scale'));
  const name = String(version.name);
  const kind = String(names.kind);
  return {
    group,
    version: name,
    plural: String(names.plural),
    singular: String(names.singular ?? kind.toLowerCase()),
    kind,
    listKind: String(names.listKind ?? `${kind}List`),
    namespaced: spec.scope === 'Namespaced',
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    collection: `${group}/${names.plural}`,
    custom: true,
    status,
    ...(scale === undefined ? {} : { scale }),
    schema,
    strategy: strategyOf(schema, status, terminating ? { group, plural: String(names.plural) } : undefined, scale),
    selectable: selectableOf(version),
    columns: columnsOf(version),
    ...(version.deprecated === true ? { deprecation: deprecationOf(spec, version) } : {}),
    decode: decoder(schema, `${group}/${name}`),
    encode: (object) => (object.apiVersion === storageVersion ? object : { ...object, apiVersion: storageVersion }),
    returnsDeleted: false,
    subresources: [],
  };
}

function strategyOf(
  schema: Schema,
  status: boolean,
  terminating: { readonly group: string; readonly plural: string } | undefined,
  scale: ScalePaths | undefined,
): Strategy {
  return {
    conditional: true,
    generation({ apiVersion: _version, kind: _kind, metadata: _metadata, status: state, ...rest }) {
      return status ? [rest] : [rest, state];
    },
    prepareCreate(next) {
      if (terminating === undefined) return;
      const why = 'create not allowed while custom resource definition is terminating';
      throw ApiError.forbidden(terminating, next.metadata.name ?? '', why);
    },
    validate(object, causes, _around, live) {
      check(schema, object, causes, live);
      for (const path of scale === undefined ? [] : [scale.replicas, scale.statusReplicas]) {
        const value = at(object, ...path);
        if (typeof value === 'number' && value < 0) {
          causes.invalid(`.${path.join('.')}`, value, 'should be a non-negative integer');
        }
      }
    },
    validateStatus: (next, live, causes) => check(schema, next, causes, live),
    warnings({ metadata }, live) {
      const had = live?.metadata.finalizers ?? [];
      const added = (metadata.finalizers ?? []).filter((finalizer) => !had.includes(finalizer));
      return unqualifiedFinalizers(added).map((finalizer) => {
        const better = finalizer.includes('.') ? 'name including a path (/)' : 'name';
        return `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer ${better} to avoid accidental conflicts with other finalizer writers`;
      });
    },
  };
}

const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

function check(schema: Schema, object: KubeObject, causes: Causes, live: KubeObject | undefined): void {
  const found = new Causes();
  validateSchema(schema, object, found, '', live);
  if (hasRules(schema)) {
    // A rule may rely on the types that the schema promises, so it runs only on what has them.
    if (found.list.some((cause) => blocking.has(cause.reason))) {
      found.invalid(
        '<nil>',
        null,
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      );
    } else validateRules(schema, object, found, '', live);
  }
  causes.list.push(...found.list);
}

/** Reading in another version than the stored one changes the apiVersion; defaults added to a schema later show up on read as well. */
function decoder(schema: Schema, apiVersion: string): (stored: KubeObject) => KubeObject {
  const cache = new WeakMap<KubeObject, KubeObject>();
  const fills = hasDefaults(schema);
  return (stored) => {
    if (stored.apiVersion === apiVersion && !fills) return stored;
    let read = cache.get(stored);
    if (read === undefined) {
      const copy = copyJson(stored);
      copy.apiVersion = apiVersion;
      if (stored.apiVersion !== apiVersion) prune(schema, copy, () => {});
      applyDefaults(schema, copy);
      read = sameJson(copy, stored) ? stored : freezeJson(copy);
      cache.set(stored, read);
    }
    return read;
  };
}

function scaleOf(scale: unknown): ScalePaths | undefined {
  if (!isObject(scale)) return undefined;
  const selector = scale.labelSelectorPath ? plainKeys(String(scale.labelSelectorPath)) : undefined;
  return {
    replicas: plainKeys(String(scale.specReplicasPath)) ?? [],
    statusReplicas: plainKeys(String(scale.statusReplicasPath)) ?? [],
    ...(selector === undefined ? {} : { selector }),
  };
}

function selectableOf(version: JsonObject): Record<string, FieldReader> {
  const readers: Record<string, FieldReader> = {};
  for (const each of asList(version.selectableFields)) {
    const path = String(asObject(each).jsonPath);
    readers[path.replace(/^\./, '')] = (object) => {
      const [value] = jsonPath(path, object);
      return value === undefined || value === null ? '' : String(value);
    };
  }
  return readers;
}

function columnsOf(version: JsonObject): Column[] {
  const declared = asList(version.additionalPrinterColumns).map(asObject);
  if (declared.length === 0) return [nameColumn, ageColumn];
  return [
    nameColumn,
    ...declared.map((column): Column => {
      const path = String(column.jsonPath);
      const type = String(column.type);
      return {
        name: String(column.name),
        type,
        ...(column.format === undefined ? {} : { format: String(column.format) }),
        description:
          column.description === undefined
            ? `Custom resource definition column (in JSONPath format): ${path}`
            : String(column.description),
        priority: typeof column.priority === 'number' ? column.priority : 0,
        cell: (object, now) => cellOf(type, jsonPath(path, object), now),
      };
    }),
  ];
}

function cellOf(type: string, values: readonly unknown[], now: number): unknown {
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'date':
      return ageOf(value, now);
    case 'integer':
      return typeof value === 'bigint' ? value : typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return isNumeric(value) ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return typeof value === 'string' ? value : values.length > 1 ? values.map(plain).join(',') : plain(value);
  }
}

const plain = (value: unknown): string => (typeof value === 'object' ? writeJson(value) : String(value));
