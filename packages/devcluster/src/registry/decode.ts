import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { decodeBuiltin } from '../schema/decode-builtin.js';
import { applyDefaults, dropNulls } from '../schema/defaults.js';
import { prune } from '../schema/prune.js';
import { asObject, copyJson, isObject } from '../store/json.js';
import { coerceMetadata } from './metadata.js';
import { apiVersionOf, type Resource } from './resource.js';

/** What to do with fields the schema does not have: the `fieldValidation` parameter. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** Everything about one write that is not the object itself. */
export interface WriteContext {
  /** The field manager: the `fieldManager` parameter, or the first part of the user agent. */
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Takes a text for a `Warning` header. */
  readonly warn: (text: string) => void;
}

/**
 * Turns a body into a draft of the resource's own: right apiVersion and kind, typed or pruned, defaulted. The input stays as it is.
 * Throws 400 for what cannot be read. `applied`: the body is the outcome of an apply, where nulls stand for themselves.
 */
export function decodeObject(
  resource: Resource,
  body: unknown,
  context: WriteContext,
  extraUnknown: readonly string[] = [],
  applied = false,
): KubeObject {
  if (!isObject(body)) throw ApiError.badRequest('the object provided is not a JSON object');
  const wanted = apiVersionOf(resource);
  const { apiVersion, kind } = body;
  if (apiVersion !== undefined && kind !== undefined && (apiVersion !== wanted || kind !== resource.kind)) {
    throw mismatch(resource, String(apiVersion), String(kind));
  }
  if (!kind && resource.custom) throw ApiError.badRequest("Object 'Kind' is missing in the object provided");
  if (!apiVersion && resource.custom)
    throw ApiError.badRequest("Object 'apiVersion' is missing in the object provided");
  const unknown: string[] = [...extraUnknown];
  const draft = resource.custom ? readCustom(resource, body, unknown, applied) : readBuiltin(resource, body, unknown);
  draft.apiVersion = wanted;
  draft.kind = resource.kind;
  report(resource, unknown, context);
  complete(resource, draft);
  return draft;
}

/** Puts defaults into a draft. Used again after every patch. */
export function complete(resource: Resource, draft: KubeObject): void {
  if (resource.custom) applyDefaults(resource.schema, draft);
  resource.strategy.defaults?.(draft);
}

function readBuiltin(resource: Resource, body: Record<string, unknown>, unknown: string[]): KubeObject {
  const read = decodeBuiltin(resource.schema, body, resource.kind, resource.version, (path) => unknown.push(path));
  if (read.metadata === undefined) read.metadata = {};
  return read as unknown as KubeObject;
}

function readCustom(
  resource: Resource,
  body: Record<string, unknown>,
  unknown: string[],
  applied: boolean,
): KubeObject {
  const { metadata, unknown: lost, wrong } = coerceMetadata(body.metadata);
  if (wrong !== undefined) {
    throw ApiError.badRequest(
      `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: json: cannot unmarshal into Go struct field ObjectMeta.${wrong}`,
    );
  }
  unknown.push(...lost);
  const draft = { ...copyJson({ ...body, metadata: undefined }), metadata: copyJson(metadata) } as KubeObject;
  prune(resource.schema, draft, (path) => unknown.push(path));
  if (!applied) dropNulls(resource.schema, draft);
  return draft;
}

function report(resource: Resource, unknown: readonly string[], context: WriteContext): void {
  if (unknown.length === 0 || context.fieldValidation === 'Ignore') return;
  const texts = unknown.map((path) => (path.startsWith('duplicate ') ? path : `unknown field ${JSON.stringify(path)}`));
  if (context.fieldValidation === 'Strict') {
    throw ApiError.badRequest(
      `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: strict decoding error: ${texts.join(', ')}`,
    );
  }
  for (const text of texts) context.warn(text);
}

function mismatch(resource: Resource, apiVersion: string, kind: string): ApiError {
  const wanted = apiVersionOf(resource);
  if (resource.custom && kind !== resource.kind && apiVersion === wanted) {
    return ApiError.invalid({ group: resource.group, kind }, '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(kind)}: must be ${resource.kind}`,
        field: 'kind',
      },
    ]);
  }
  const group = (text: string): string => (text.includes('/') ? text.split('/')[0] : '') ?? '';
  const version = (text: string): string => text.split('/').at(-1) ?? '';
  const words = (text: string, of: string): string => `${group(text)}/${version(text)}, Kind=${of}`;
  if (resource.custom) {
    return ApiError.badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
  if (kind !== resource.kind) {
    return ApiError.badRequest(
      `${kind} in version ${JSON.stringify(version(apiVersion))} cannot be handled as a ${resource.kind}: converting (${words(apiVersion, kind)}) to (${words(wanted, resource.kind)}): unknown conversion`,
    );
  }
  return ApiError.badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
  );
}

/** The version of a stored object that a reader of `resource` sees. Answers the stored object itself where nothing differs. */
export function toVersion(resource: Resource, stored: KubeObject): KubeObject {
  return resource.decode === undefined ? stored : resource.decode(stored);
}

/** Name and namespace of an object as text, for messages. */
export function nameOf(object: unknown): string {
  const { name } = asObject(asObject(object).metadata);
  return typeof name === 'string' ? name : '';
}
