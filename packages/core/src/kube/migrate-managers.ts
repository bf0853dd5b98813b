import type { KubeClient } from './client.js';
import type { KubeObject, ResourceKind } from './objects.js';

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly fieldsType?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: FieldSet;
}

interface FieldSet {
  readonly [field: string]: FieldSet;
}

/**
 * Hands what `managers` wrote by plain updates over to `fieldManager`, as if it had been applied.
 *
 * Without it, what an operator wrote by Create and Update before it went over to server-side apply stays for ever: apply removes
 * only what its own manager applied. Answers the object as it is afterwards, or `undefined` when there was nothing to hand over.
 * A conflict is thrown: the next reconcile looks again.
 *
 * @param live read from the server, not from a cache: caches drop `managedFields`.
 */
export async function migrateManagers(
  client: KubeClient,
  resource: ResourceKind,
  live: KubeObject,
  fieldManager: string,
  managers: readonly string[],
): Promise<KubeObject | undefined> {
  const { namespace, name, resourceVersion } = live.metadata;
  const entries = (live.metadata as { managedFields?: readonly ManagedFields[] }).managedFields ?? [];
  const merged = handedOver(entries, fieldManager, managers);
  if (merged === undefined) return undefined;
  return client.merge(resource, namespace, name, { metadata: { resourceVersion, managedFields: merged } });
}

/** The entries with those of `managers` folded into one of `fieldManager`; `undefined` when there are none. */
function handedOver(
  entries: readonly ManagedFields[],
  fieldManager: string,
  managers: readonly string[],
): readonly ManagedFields[] | undefined {
  // The status is written by its own requests and is nobody's rendering.
  const old = entries.filter(
    ({ manager = '', operation, subresource = '' }) =>
      operation === 'Update' && subresource === '' && managers.includes(manager),
  );
  if (old.length === 0) return undefined;
  const own = entries.find(
    ({ manager, operation, subresource = '' }) =>
      manager === fieldManager && operation === 'Apply' && subresource === '',
  );
  const rest = entries.filter((entry) => entry !== own && !old.includes(entry));
  const [first] = old;
  const fieldsV1 = old.reduce<FieldSet>((set, entry) => union(set, entry.fieldsV1 ?? {}), own?.fieldsV1 ?? {});
  return [...rest, { ...(own ?? first), manager: fieldManager, operation: 'Apply', fieldsV1 }];
}

function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = { ...a };
  for (const [key, value] of Object.entries(b)) out[key] = union(out[key] ?? {}, value);
  return out;
}
