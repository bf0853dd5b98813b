import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { CompactedError, type Row, type Store } from '../store/store.js';
import { toVersion } from './decode.js';
import { fieldMatch, fieldTerms } from './field-selector.js';
import { parseLabelSelector } from './label-selector.js';
import type { Resource } from './resource.js';

/** Which objects of a resource are meant. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Selection read once, ready to test objects of one resource. */
export interface Filter {
  readonly namespace: string | undefined;
  /** Undefined where everything in the namespace is meant. */
  readonly match: ((object: KubeObject) => boolean) | undefined;
}

/** Reads the selectors; a malformed one, or a field this kind does not offer, is a 400. */
export function filterOf(resource: Resource, selection: Selection): Filter {
  const { labelSelector, fieldSelector } = selection;
  const byLabel = labelSelector ? parseLabelSelector(labelSelector) : undefined;
  const byField = fieldMatch(fieldTerms(fieldSelector), resource.selectable);
  const labelled = byLabel && ((object: KubeObject) => byLabel(object.metadata.labels ?? {}));
  const match =
    labelled && byField ? (object: KubeObject) => labelled(object) && byField(object) : (labelled ?? byField);
  return { namespace: selection.namespace, match };
}

/** A list as it was at one revision. */
export interface Listing {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** How a list is asked for, in the terms of the API's parameters. */
export interface ListQuery extends Selection {
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

const expiredContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Lists at the current revision, at an exact one, or from where a page ended. */
export function listObjects(store: Store, resource: Resource, query: ListQuery): Listing {
  checkListQuery(resource, query, store);
  const { namespace, match } = filterOf(resource, query);
  const token = query.continue ? readToken(query.continue) : undefined;
  const exact = query.resourceVersionMatch === 'Exact' ? Number(query.resourceVersion) : undefined;
  const revision = token?.revision ?? exact ?? store.revision;
  let found: KubeObject[];
  try {
    found =
      revision === store.revision || revision < 0
        ? store.list(resource.collection, namespace)
        : store.listAt(resource.collection, revision, namespace);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    if (token === undefined) throw ApiError.expired(`The resourceVersion for the provided list is too old.`);
    throw ApiError.expired(expiredContinue, writeToken(-1, token.after));
  }
  if (token !== undefined) found = found.filter((object) => keyText(object) > token.after);
  let items = found.map((object) => toVersion(resource, object));
  if (match !== undefined) items = items.filter(match);
  const shownRevision = revision < 0 ? store.revision : revision;
  const limit = query.limit ?? 0;
  if (limit <= 0 || items.length <= limit) return { items, resourceVersion: String(shownRevision) };
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page,
    resourceVersion: String(shownRevision),
    continue: writeToken(shownRevision, last === undefined ? '' : keyText(last)),
    ...(match === undefined ? { remainingItemCount: items.length - limit } : {}),
  };
}

/** The rules between `resourceVersion`, `resourceVersionMatch` and `continue`. */
function checkListQuery(resource: Resource, query: ListQuery, store: Store): void {
  const { resourceVersion = '', resourceVersionMatch = '' } = query;
  if (query.continue && resourceVersion !== '' && resourceVersion !== '0') {
    throw ApiError.badRequest('specifying resource version is not allowed when using continue');
  }
  const options = { group: 'meta.k8s.io', kind: 'ListOptions' };
  if (resourceVersionMatch !== '') {
    const refuse = (message: string): never => {
      throw ApiError.invalid(options, '', [{ reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' }]);
    };
    if (resourceVersion === '')
      refuse('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (query.continue) refuse('Forbidden: resourceVersionMatch is forbidden when continue is provided');
    if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan') {
      throw ApiError.invalid(options, '', [
        {
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(resourceVersionMatch)}: supported values: "Exact", "NotOlderThan", ""`,
          field: 'resourceVersionMatch',
        },
      ]);
    }
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
      refuse('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (resourceVersion === '') return;
  const revision = parseRevision(resourceVersion);
  if (revision > store.revision) throw tooLarge(resource, revision, store.revision);
}

/** A resourceVersion as a number; anything else is a 400. */
export function parseRevision(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw ApiError.of(
      400,
      'BadRequest',
      `Invalid resource version: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

function tooLarge(resource: Resource, asked: number, current: number): ApiError {
  void resource;
  return ApiError.timeout(
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    1,
  );
}

const keyText = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

function writeToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');
}

function readToken(text: string): { revision: number; after: string } {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string')
      return { revision: rv, after: start };
  } catch {
    // Falls through to the one answer for anything that is not a token of ours.
  }
  throw ApiError.badRequest('continue key is not valid: invalid continue token');
}

/** What a watcher sees: the type, and the object in the version and with the revision it should see. */
export interface Seen {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly revision: number;
}

/**
 * What one write looks like through a filter: entering it is ADDED, leaving it is DELETED with the old object under the new revision.
 * `undefined` when the watcher sees nothing of it.
 */
export function seen(resource: Resource, { namespace, match }: Filter, row: Row): Seen | undefined {
  if (namespace !== undefined && !row.key.startsWith(`${namespace}/`)) return undefined;
  const { revision } = row;
  if (match === undefined) return { type: row.type, object: toVersion(resource, row.object), revision };
  const before = row.previous !== undefined && match(toVersion(resource, row.previous));
  if (row.type === 'DELETED') {
    return before ? { type: 'DELETED', object: toVersion(resource, row.object), revision } : undefined;
  }
  const now = toVersion(resource, row.object);
  const after = match(now);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: now, revision };
  if (!before || row.previous === undefined) return undefined;
  const left = toVersion(resource, row.previous);
  return {
    type: 'DELETED',
    object: { ...left, metadata: { ...left.metadata, resourceVersion: String(revision) } },
    revision,
  };
}
