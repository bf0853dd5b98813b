import { ApiError, type StatusCause } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import { copyJson, type JsonObject } from '../store/json.js';
import { FieldSet } from './field-set.js';
import {
  type FieldEntry,
  fullSchema,
  type Ownership,
  ownable,
  readManagedFields,
  sameRole,
  setManagedFields,
  withoutMetadataItself,
} from './managed-fields.js';
import { differenceOf, fieldsOf, mergeTyped, problemsIn, withNamedParents, withoutFields } from './typed-value.js';

/**
 * Server-side apply: lays `config` over `live`, takes away what this manager applied before and does not name any more (unless somebody else
 * owns it too), and writes down who owns what. Throws a 409 that names each field somebody else owns, unless `force`. The answer is a new
 * object that is not yet defaulted or validated.
 */
export function applyConfig(
  resource: Resource,
  live: KubeObject | undefined,
  config: KubeObject,
  entry: FieldEntry & { readonly operation: 'Apply' },
  force: boolean,
): KubeObject {
  const schema = fullSchema(resource);
  const problems = problemsIn(schema, config);
  if (problems.length > 0) {
    const problem = problems.length === 1 ? problems[0] : `errors:\n${problems.map((each) => `  ${each}`).join('\n')}`;
    const { namespace = '', name } = config.metadata;
    throw ApiError.of(
      500,
      '',
      `failed to create typed patch object (${namespace}/${name}; ${resource.group}/${resource.version}, Kind=${resource.kind}): ${problem}`,
    );
  }
  const wanted = ownable(config) ?? {};
  const before = ownable(live) ?? {};
  let owners = readManagedFields(live?.metadata.managedFields);
  if (live !== undefined && owners.length === 0) {
    // An object nobody is known to own belongs to whoever made it before apply came.
    owners = [
      {
        manager: 'before-first-apply',
        operation: 'Update',
        apiVersion: apiVersionOf(resource),
        time: entry.time,
        fields: differenceOf(schema, {}, before).added,
      },
    ];
  }
  const last = owners.find((owner) => sameRole(owner, entry));
  const ignored = resetFields(resource, entry.subresource);
  const fields = keepUnder(fieldsOf(schema, wanted), ignored);
  owners = [...owners.filter((owner) => !sameRole(owner, entry)), { ...entry, fields }];

  const merged = mergeTyped(schema, before, wanted) as JsonObject;
  const result = last === undefined ? merged : pruned(resource, merged, owners, last.fields);
  const { added, modified, removed } = differenceOf(schema, before, result);
  // Owning more without changing anything does not count as a change of the manager's.
  const same = added.isEmpty && modified.isEmpty && removed.isEmpty;
  const mine: Ownership = { ...entry, fields, time: same ? last?.time : entry.time };
  owners = owners.map((owner) => (sameRole(owner, entry) ? mine : owner));
  const changed = keepUnder(added.union(modified), ignored);
  const conflicts = owners
    .filter((owner) => owner !== mine)
    .map((owner) => ({ owner, fields: owner.fields.intersection(changed) }))
    .filter((conflict) => !conflict.fields.isEmpty);
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const lost = changed.union(keepUnder(removed, ignored));
  owners = owners.map((owner) => (owner === mine ? owner : { ...owner, fields: owner.fields.difference(lost) }));

  const next = assemble(live, config, result);
  setManagedFields(next, owners);
  return next;
}

/** What one endpoint puts back whatever is sent, so that nobody comes to own it there. */
function resetFields(resource: Resource, subresource: string | undefined): (element: string) => boolean {
  if (subresource === 'status') return (element) => element !== 'f:status';
  return resource.status ? (element) => element === 'f:status' : () => false;
}

function keepUnder(fields: FieldSet, ignored: (element: string) => boolean): FieldSet {
  return new FieldSet(
    [...fields.members].filter((element) => !ignored(element)),
    [...fields.children].filter(([element]) => !ignored(element)),
  );
}

/** Removes what was applied before and is named by nobody now; what others own inside, or nobody does, comes back. */
function pruned(resource: Resource, merged: JsonObject, owners: readonly Ownership[], last: FieldSet): JsonObject {
  const schema = fullSchema(resource);
  // Metadata itself never goes: every configuration has a name in it.
  const named = (set: FieldSet): FieldSet => withoutMetadataItself(withNamedParents(schema, set));
  const all = named(fieldsOf(schema, merged));
  const managed = owners.reduce((set, owner) => set.union(owner.fields), FieldSet.empty);
  let out = withoutFields(schema, merged, named(last));
  out = withoutFields(schema, merged, all.difference(named(fieldsOf(schema, out)).union(named(managed))));
  return withoutFields(
    schema,
    merged,
    all.difference(named(fieldsOf(schema, out))).intersection(named(last)),
  ) as JsonObject;
}

/** Puts type, identity and the server's own metadata back around the fields. */
function assemble(live: KubeObject | undefined, config: KubeObject, fields: JsonObject): KubeObject {
  const { metadata, ...rest } = fields;
  const from = live ?? config;
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation } = from.metadata;
  const own = config.metadata;
  return copyJson({
    apiVersion: config.apiVersion,
    kind: config.kind,
    ...rest,
    metadata: {
      ...(metadata as object | undefined),
      name,
      namespace,
      uid: own.uid ?? uid,
      resourceVersion: own.resourceVersion ?? resourceVersion,
      creationTimestamp,
      generation,
    },
  }) as KubeObject;
}

function conflictError(conflicts: readonly { readonly owner: Ownership; readonly fields: FieldSet }[]): ApiError {
  const causes: StatusCause[] = [];
  const lines: string[] = [];
  for (const { owner, fields } of conflicts) {
    const who = managerText(owner);
    const paths = fields.paths();
    for (const field of paths) causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field });
    lines.push(`conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join('\n')}`);
  }
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return ApiError.applyConflict(message, causes);
}

function managerText({ manager, operation, apiVersion, subresource }: Ownership): string {
  const name = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation === 'Apply') return name;
  return `${name} using ${apiVersion}`;
}
