import type { KubeObject } from '../objects.js';
import type { Resource } from '../registry/resource.js';
import { builtinSchema } from '../schema/builtin-schemas.js';
import type { Schema } from '../schema/schema.js';
import { asObject, isObject, type JsonObject, sameJson } from '../store/json.js';
import { FieldSet } from './field-set.js';
import { differenceOf } from './typed-value.js';

/** Who writes, as it will stand in `metadata.managedFields`. */
export interface FieldEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string | undefined;
  readonly subresource?: string;
}

/** One manager and the fields it owns. */
export interface Ownership extends FieldEntry {
  readonly fields: FieldSet;
}

const serverFields = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** The object without what nobody owns: its type, its identity, what only the server writes. */
export function ownable(object: KubeObject | undefined): JsonObject | undefined {
  if (object === undefined) return undefined;
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => !serverFields.has(key) && value !== undefined),
  );
  return Object.keys(kept).length === 0 ? rest : { ...rest, metadata: kept };
}

const schemas = new WeakMap<Schema, Schema>();

/** A resource's schema with the common metadata in it, which a custom resource's own schema leaves out. */
export function fullSchema(resource: Resource): Schema {
  const { schema } = resource;
  if (!resource.custom) return schema;
  let full = schemas.get(schema);
  if (full === undefined) {
    full = {
      ...schema,
      properties: {
        ...schema.properties,
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: builtinSchema('meta.v1.ObjectMeta'),
      },
    };
    schemas.set(schema, full);
  }
  return full;
}

/** Reads `metadata.managedFields`. */
export function readManagedFields(value: unknown): Ownership[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each) => {
    const { manager, operation, apiVersion, time, subresource, fieldsV1 } = asObject(each);
    if (typeof apiVersion !== 'string' || (operation !== 'Apply' && operation !== 'Update')) return [];
    return [
      {
        manager: typeof manager === 'string' ? manager : '',
        operation,
        apiVersion,
        time: typeof time === 'string' ? time : undefined,
        ...(typeof subresource === 'string' && subresource !== '' ? { subresource } : {}),
        fields: FieldSet.fromJson(fieldsV1),
      },
    ];
  });
}

/** The wire form: applied entries first, then by time. Managers that own nothing any more are left out. */
export function writeManagedFields(owners: readonly Ownership[]): JsonObject[] {
  return owners
    .filter((owner) => !owner.fields.isEmpty)
    .sort(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time ?? '', b.time ?? '') ||
        order(a.manager, b.manager) ||
        order(a.apiVersion, b.apiVersion) ||
        order(a.subresource ?? '', b.subresource ?? ''),
    )
    .map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fields.toJson(),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether two entries are those of one manager in one role. Apply and Update of one name are two (measured on kube-apiserver 1.34.4). */
export function sameRole(a: FieldEntry, b: FieldEntry): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.apiVersion === b.apiVersion &&
    a.subresource === b.subresource
  );
}

/** The owners an update starts from: the live ones, unless the caller sent others, or one empty entry to reset them. */
function startingOwners(live: KubeObject | undefined, next: KubeObject): Ownership[] {
  const sent = next.metadata.managedFields;
  if (Array.isArray(sent) && sent.length > 0) {
    if (sent.length === 1 && isObject(sent[0]) && Object.keys(sent[0]).length === 0) return [];
    if (live !== undefined && sent !== live.metadata.managedFields) {
      const read = readManagedFields(sent);
      if (read.length > 0) return read;
    }
  }
  return readManagedFields(live?.metadata.managedFields);
}

/** Writes into `next` who owns what after a create or update: the writer gets what it changed, everybody else loses that. */
export function trackUpdate(
  resource: Resource,
  live: KubeObject | undefined,
  next: KubeObject,
  entry: FieldEntry,
): void {
  const owners = startingOwners(live, next);
  if (live !== undefined && owners.length === 0) {
    // What nobody is known to own is not tracked before somebody applies to it.
    setManagedFields(next, []);
    return;
  }
  const schema = fullSchema(resource);
  const { added, removed, modified } = differenceOf(schema, ownable(live) ?? {}, ownable(next) ?? {});
  const mine = added.union(modified);
  if (mine.isEmpty && removed.isEmpty) {
    setManagedFields(next, owners);
    return;
  }
  const lost = mine.union(removed);
  let found = false;
  const after = owners.map((owner): Ownership => {
    if (!sameRole(owner, entry)) {
      const fields = owner.fields.difference(lost);
      return { ...owner, fields };
    }
    found = true;
    const fields = withoutMetadataItself(owner.fields.difference(removed).union(mine));
    return { ...owner, fields, time: mine.isEmpty ? owner.time : entry.time };
  });
  if (!found) after.push({ ...entry, fields: withoutMetadataItself(mine) });
  setManagedFields(next, after);
}

/** Sets or takes away the list, which is never an empty one. */
export function setManagedFields(next: KubeObject, owners: readonly Ownership[]): void {
  const written = writeManagedFields(owners);
  if (written.length > 0) next.metadata.managedFields = written;
  else delete next.metadata.managedFields;
}

/** Metadata is there whoever writes; only what is in it can be owned. */
export function withoutMetadataItself(fields: FieldSet): FieldSet {
  if (!fields.members.has('f:metadata')) return fields;
  return new FieldSet(
    [...fields.members].filter((member) => member !== 'f:metadata'),
    fields.children,
  );
}

/** Equality but for the times. */
export function sameManagedFields(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const timeless = (value: unknown): unknown[] =>
    (Array.isArray(value) ? value : []).map((each) => ({ ...asObject(each), time: undefined }));
  return sameJson(timeless(a), timeless(b));
}
