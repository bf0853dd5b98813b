import type { KubeObject } from '../objects.js';
import { applyConfig } from '../patch/apply.js';
import { jsonPatch } from '../patch/json-patch.js';
import { mergePatch } from '../patch/merge-patch.js';
import { strategicMerge } from '../patch/strategic-merge.js';
import { decodeObject } from '../registry/decode.js';
import { timestamp } from '../registry/metadata.js';
import type { Registry, Written } from '../registry/registry.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import { asObject, isObject } from '../store/json.js';
import { ApiError } from './api-error.js';
import { mediaType, parseJsonText, parseYamlText, readText } from './body.js';
import type { Request } from './exchange.js';
import { writeContext } from './parameters.js';
import type { ResourcePath } from './route.js';

const jsonType = 'application/json-patch+json';
const mergeType = 'application/merge-patch+json';
const strategicType = 'application/strategic-merge-patch+json';
const applyType = 'application/apply-patch+yaml';

/** The kinds of patch a resource takes; custom resources have no type to merge lists by. */
function patchTypes(resource: Resource): string[] {
  return resource.custom ? [jsonType, mergeType, applyType] : [jsonType, mergeType, strategicType, applyType];
}

/** Serves a PATCH in whichever language its content type says. */
export async function patchObject(
  registry: Registry,
  request: Request,
  resource: Resource,
  path: ResourcePath,
  name: string,
): Promise<Written> {
  const type = mediaType(request);
  if (!patchTypes(resource).includes(type)) {
    throw ApiError.unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${patchTypes(resource).join(', ')}`,
    );
  }
  if (type === applyType) return applyPatch(registry, request, resource, path, name);
  const context = writeContext(request, 'PatchOptions');
  const { value: patch, duplicates } = parseJsonText(await readText(request));
  const change = patcher(type, resource, patch);
  const object = await registry.update(
    resource,
    path.namespace,
    name,
    path.subresource,
    (live) => {
      const changed = change(live);
      if (!isObject(changed)) throw ApiError.badRequest('the patch leaves something that is not an object');
      const next = wording(resource, unreadable, () => decodeObject(resource, changed, context, duplicates));
      return { next, patched: true };
    },
    context,
  );
  return { object, created: false };
}

/** A function that applies one patch to any state of the object. */
export function patcher(type: string, resource: Resource | undefined, patch: unknown): (live: KubeObject) => unknown {
  switch (type) {
    case jsonType:
      return (live) => jsonPatch(live, patch);
    case strategicType:
      if (!isObject(patch)) throw ApiError.badRequest('a strategic merge patch is a JSON object');
      return (live) => strategicMerge(resource?.schema, live, patch);
    default:
      if (!isObject(patch)) throw ApiError.badRequest('a merge patch is a JSON object');
      return (live) => mergePatch(live, patch);
  }
}

async function applyPatch(
  registry: Registry,
  request: Request,
  resource: Resource,
  path: ResourcePath,
  name: string,
): Promise<Written> {
  const context = writeContext(request, 'PatchOptions', true);
  const config = readConfig(parseYamlText(await readText(request)), resource, path, name);
  const entry = {
    manager: context.manager,
    operation: 'Apply' as const,
    apiVersion: apiVersionOf(resource),
    time: timestamp(registry.around.clock.now()),
    ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
  };
  const live = registry.get(resource, path.namespace, name);
  if (live === undefined) {
    if (path.subresource !== undefined) throw ApiError.notFound(resource, name);
    if (config.metadata.uid) {
      throw ApiError.conflict(
        resource,
        name,
        `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`,
      );
    }
    const applied = applyConfig(resource, undefined, config, entry, context.force);
    const draft = wording(resource, untyped, () => decodeObject(resource, applied, context, [], true));
    return { object: await registry.createDecoded(resource, path.namespace, draft, context, true), created: true };
  }
  const object = await registry.update(
    resource,
    path.namespace,
    name,
    path.subresource,
    (present) => {
      const applied = applyConfig(resource, present, config, entry, context.force);
      const next = wording(resource, untyped, () => decodeObject(resource, applied, context, [], true));
      return { next, tracked: true, patched: true };
    },
    context,
  );
  return { object, created: false };
}

/**
 * A value that the type cannot hold is a 400 in a whole object; here the real server puts it otherwise. Custom resources are
 * read by their schema later and have no such fault.
 */
function wording<T>(resource: Resource, put: (message: string) => ApiError, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (resource.custom || !ApiError.is(error) || error.status.reason !== 'BadRequest') throw error;
    throw put(error.message);
  }
}

function untyped(message: string): ApiError {
  return ApiError.of(500, '', message);
}

function unreadable(message: string): ApiError {
  const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${message}`, field: 'patch' };
  return ApiError.of(422, 'Invalid', ` "" is invalid: patch: ${cause.message}`, { causes: [cause] });
}

function readConfig(value: unknown, resource: Resource, path: ResourcePath, name: string): KubeObject {
  if (!isObject(value)) throw ApiError.badRequest('an apply configuration is an object');
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw ApiError.badRequest('invalid object type: apiVersion must be set in an apply configuration');
  if (typeof kind !== 'string' || kind === '')
    throw ApiError.badRequest('invalid object type: kind must be set in an apply configuration');
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    throw ApiError.badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${apiVersionOf(resource)}`,
    );
  }
  const metadata = asObject(value.metadata);
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw ApiError.badRequest('metadata.managedFields must be nil');
  }
  if (metadata.name !== undefined && metadata.name !== name) {
    throw ApiError.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace !== undefined && path.namespace !== undefined && metadata.namespace !== path.namespace) {
    throw ApiError.badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${path.namespace})`,
    );
  }
  return {
    ...value,
    apiVersion,
    kind,
    metadata: { ...metadata, name },
  };
}
