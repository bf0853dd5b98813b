import { apiVersionOf, type KubeClient, type KubeObject, kindOf, type ResourceKind } from '@kaito-sdk/core';

/** Which object; without a namespace, one of the whole cluster. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One field of an object: `metadata.labels.kaito.sh/workspace`. Absent `from`: it is new; absent `to`: it goes. */
export interface FieldChange {
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/** What becomes of one object, and why. */
export interface Change {
  readonly object: ObjectRef;
  readonly action: 'update' | 'delete' | 'none';
  readonly why: string;
  readonly fields: readonly FieldChange[];
}

/** A change that can be carried out. A write goes to the very object that was looked at: a conflict ends the takeover, which is then run again. */
export interface Step extends Change {
  carryOut(client: KubeClient): Promise<void>;
}

/** Merges a patch into an object; a step without effect where the object is so already. */
export function update(object: KubeObject, patch: Patch, why: string): Step {
  const fields = changedFields(object, patch);
  if (fields.length === 0) return untouched(object, why);
  const { namespace, name, resourceVersion } = object.metadata;
  const metadata = { ...(patch.metadata as object | undefined), resourceVersion };
  return {
    object: refOf(object),
    action: 'update',
    why,
    fields,
    carryOut: async (client) => {
      await client.merge(kindOf(object), namespace, name, { ...patch, metadata });
    },
  };
}

/** Removes an object, and only this very one. */
export function remove(object: KubeObject, why: string): Step {
  const { namespace, name, uid } = object.metadata;
  return {
    object: refOf(object),
    action: 'delete',
    why,
    fields: [],
    carryOut: async (client) => {
      await client.delete(kindOf(object), namespace, name, uid === undefined ? {} : { uid });
    },
  };
}

/** An object that stays as it is: worth a line, because people ask about it. */
export function untouched(object: KubeObject, why: string): Step {
  return { object: refOf(object), action: 'none', why, fields: [], carryOut: async () => undefined };
}

/** The change without the way to carry it out: what is printed. */
export function described({ object, action, why, fields }: Change): Change {
  return { object, action, why, fields };
}

export function refOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): ObjectRef {
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** An object of a list, which says neither its kind nor its version. */
export function ofKind(resource: ResourceKind, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

/** `Kind namespace/name`. */
export function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

export type Patch = Readonly<Record<string, unknown>>;

/** The leaves of a merge patch that differ from what is there. Lists are replaced as a whole. */
function changedFields(object: unknown, patch: unknown, path: readonly string[] = []): readonly FieldChange[] {
  if (isMap(patch)) {
    const below = isMap(object) ? object : {};
    return Object.entries(patch).flatMap(([key, value]) =>
      path.join('.') === 'metadata' && key === 'managedFields'
        ? managerChange(below[key], value)
        : changedFields(below[key], value, [...path, key]),
    );
  }
  if (JSON.stringify(object ?? null) === JSON.stringify(patch ?? null)) return [];
  return [
    {
      field: path.join('.'),
      ...(object === undefined || object === null ? {} : { from: object }),
      ...(patch === undefined || patch === null ? {} : { to: patch }),
    },
  ];
}

/** Of the owners of fields only the names: the sets are pages long and for machines. */
function managerChange(before: unknown, after: unknown): readonly FieldChange[] {
  const names = (list: unknown) =>
    (Array.isArray(list) ? (list as readonly { manager?: string; operation?: string; subresource?: string }[]) : [])
      .map(
        ({ manager = '', operation = '', subresource = '' }) =>
          `${manager} ${operation}${subresource === '' ? '' : ` ${subresource}`}`,
      )
      .sort();
  const [from, to] = [names(before), names(after)];
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field: 'metadata.managedFields', from, to }];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
