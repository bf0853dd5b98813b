import type { DeleteOptions } from '../client.js';
import type { KubeObject } from '../objects.js';
import { decodeObject, type WriteContext } from '../registry/decode.js';
import { type ListQuery, listObjects } from '../registry/reads.js';
import type { Registry } from '../registry/registry.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import { asObject, at, isObject } from '../store/json.js';
import { ApiError, deletedStatus, type Status } from './api-error.js';
import { readBody } from './body.js';
import { json, once, type Request, type Response } from './exchange.js';
import { type Form, negotiate } from './negotiate.js';
import { count, flag, listQuery, writeContext } from './parameters.js';
import { patchObject } from './patch-request.js';
import type { ResourcePath } from './route.js';
import { type IncludeObject, partialMetadata, TableMaker } from './table.js';
import { type WatchQuery, watchStream } from './watch-stream.js';

/** Serves the verbs of one resource: what a path under its name means, in which form, under which parameters. */
export class ResourceHandler {
  constructor(
    readonly registry: Registry,
    readonly streamingLists: boolean,
  ) {}

  async handle(request: Request, resource: Resource, path: ResourcePath): Promise<Response> {
    if (resource.deprecation !== undefined) request.warnings.push(resource.deprecation);
    const { name, subresource } = path;
    if (name === undefined) return this.#collection(request, resource, path);
    if (subresource !== undefined && !(subresource === 'status' && resource.status)) throw ApiError.noSuchResource();
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        if (flag(request, 'watch') && subresource === undefined) return this.#watch(request, resource, path);
        return this.#answer(request, resource, 200, this.registry.require(resource, path.namespace, name));
      case 'PUT':
        return this.#update(request, resource, path, name);
      case 'PATCH': {
        const { object, created } = await patchObject(this.registry, request, resource, path, name);
        return this.#answer(request, resource, created ? 201 : 200, object);
      }
      case 'DELETE':
        if (subresource !== undefined) throw notAllowed();
        return this.#delete(request, resource, path, name);
      default:
        throw notAllowed();
    }
  }

  async #collection(request: Request, resource: Resource, path: ResourcePath): Promise<Response> {
    switch (request.method) {
      case 'GET':
        return flag(request, 'watch') ? this.#watch(request, resource, path) : this.#list(request, resource, path);
      case 'POST': {
        if (resource.namespaced && path.namespace === undefined) throw notAllowed();
        const context = writeContext(request, 'CreateOptions');
        const { value, duplicates } = await readBody(request);
        const draft = decodeObject(resource, value, context, duplicates);
        const object = await this.registry.createDecoded(resource, path.namespace, draft, context, false);
        return this.#answer(request, resource, 201, object);
      }
      case 'DELETE':
        return this.#deleteCollection(request, resource, path);
      default:
        throw notAllowed();
    }
  }

  #list(request: Request, resource: Resource, path: ResourcePath): Response {
    const form = negotiate(request.headers.accept);
    const { searchParams } = request.url;
    if (searchParams.has('sendInitialEvents')) {
      throw ApiError.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
        {
          reason: 'FieldValueForbidden',
          message: 'Forbidden: sendInitialEvents is forbidden for list',
          field: 'sendInitialEvents',
        },
      ]);
    }
    const listing = listObjects(this.registry.around.store, resource, listQuery(request, path.namespace, undefined));
    const metadata = {
      resourceVersion: listing.resourceVersion,
      // Lists of custom resources say so when there is no more; those of built-in kinds leave it out.
      ...(listing.continue === undefined && !resource.custom ? {} : { continue: listing.continue ?? '' }),
      ...(listing.remainingItemCount === undefined ? {} : { remainingItemCount: listing.remainingItemCount }),
    };
    return json(200, listOf(form, this.#tables(request, resource, form), resource, listing.items, metadata));
  }

  #watch(request: Request, resource: Resource, path: ResourcePath): Response {
    const form = negotiate(request.headers.accept);
    const query = watchQuery(request, listQuery(request, path.namespace, path.name));
    if (query.sendInitialEvents && !this.streamingLists) return noStreamingList();
    const { store, clock } = this.registry.around;
    const tables = this.#tables(request, resource, form);
    let first = true;
    const body = watchStream(
      store,
      clock,
      resource,
      query,
      ({ object }) => {
        if (form.kind === 'partial') return partialMetadata(object, form.version);
        if (tables === undefined) return object;
        const withColumns = first;
        first = false;
        return tables.table([object], { resourceVersion: object.metadata.resourceVersion }, withColumns);
      },
      request.signal,
    );
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }

  async #update(request: Request, resource: Resource, path: ResourcePath, name: string): Promise<Response> {
    const context = writeContext(request, 'UpdateOptions');
    const { value, duplicates } = await readBody(request);
    const draft = decodeObject(resource, value, context, duplicates);
    if (!draft.metadata.name) {
      throw ApiError.badRequest('the name of the object (based on the body) was empty: name must be provided');
    }
    if (
      resource.strategy.createOnUpdate === true &&
      path.subresource === undefined &&
      this.registry.get(resource, path.namespace, name) === undefined
    ) {
      const made = await this.registry.createDecoded(resource, path.namespace, draft, context, false);
      return this.#answer(request, resource, 201, made);
    }
    const object = await this.registry.update(
      resource,
      path.namespace,
      name,
      path.subresource,
      () => ({ next: copyTop(draft) }),
      context,
    );
    return this.#answer(request, resource, 200, object);
  }

  async #delete(request: Request, resource: Resource, path: ResourcePath, name: string): Promise<Response> {
    const { options, context } = await deleteRequest(request);
    const { object, gone } = await this.registry.delete(resource, path.namespace, name, options, context);
    if (!gone || resource.returnsDeleted) {
      return this.#answer(request, resource, !gone && options.orphanDependents === false ? 202 : 200, object);
    }
    const status: Status = deletedStatus(resource, name, object.metadata.uid);
    return json(200, { ...status, code: undefined });
  }

  async #deleteCollection(request: Request, resource: Resource, path: ResourcePath): Promise<Response> {
    const { options, context } = await deleteRequest(request);
    const { store } = this.registry.around;
    const { items, resourceVersion } = listObjects(store, resource, listQuery(request, path.namespace, undefined));
    const removed: KubeObject[] = [];
    for (const item of items) {
      try {
        const { object } = await this.registry.delete(
          resource,
          item.metadata.namespace,
          item.metadata.name,
          options,
          context,
        );
        removed.push(object);
      } catch (error) {
        if (!(ApiError.is(error) && error.code === 404)) throw error;
      }
    }
    return json(200, listOf({ kind: 'object' }, undefined, resource, removed, { resourceVersion }));
  }

  #tables(request: Request, resource: Resource, form: Form): TableMaker | undefined {
    if (form.kind !== 'table') return undefined;
    const include = request.url.searchParams.get('includeObject');
    const kind: IncludeObject = include === 'None' || include === 'Object' ? include : 'Metadata';
    return new TableMaker(resource, form.version, kind, () => this.registry.around.clock.now());
  }

  #answer(request: Request, resource: Resource, status: number, object: KubeObject): Response {
    const form = negotiate(request.headers.accept);
    if (form.kind === 'partial') return json(status, partialMetadata(object, form.version));
    const tables = this.#tables(request, resource, form);
    if (tables === undefined) return json(status, object);
    return json(status, tables.table([object], { resourceVersion: object.metadata.resourceVersion }));
  }
}

/** As a server on an etcd that cannot tell its progress: the watch is opened and ends with an error (measured with kube-apiserver 1.34.4 on etcd 3.4.23). */
function noStreamingList(): Response {
  const { status } = ApiError.of(500, 'InternalError', 'etcd watch progress notifications are not supported');
  const body = once(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

/** The draft of a PUT is used once a try, and each try writes into its metadata. */
function copyTop(draft: KubeObject): KubeObject {
  return { ...draft, metadata: { ...draft.metadata } };
}

function notAllowed(): ApiError {
  return ApiError.methodNotAllowed('the server does not allow this method on the requested resource');
}

/** A list in the form asked for. Items of custom resources carry their type, those of built-in kinds do not (measured on kube-apiserver 1.34.4). */
function listOf(
  form: Form,
  tables: TableMaker | undefined,
  resource: Resource,
  items: readonly KubeObject[],
  metadata: object,
): object {
  if (tables !== undefined) return tables.table(items, metadata);
  if (form.kind === 'partial') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${form.version}`,
      metadata,
      items: items.map((item) => partialMetadata(item, form.version)),
    };
  }
  const shown = resource.custom ? items : items.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  return { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items: shown };
}

function watchQuery(request: Request, query: ListQuery): WatchQuery {
  const { searchParams } = request.url;
  const sendInitialEvents = searchParams.get('sendInitialEvents');
  const match = searchParams.get('resourceVersionMatch') ?? '';
  const refuse = (message: string): never => {
    throw ApiError.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field: 'resourceVersionMatch' },
    ]);
  };
  if (sendInitialEvents !== null && match !== 'NotOlderThan') {
    refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (sendInitialEvents === null && match !== '') refuse('resourceVersionMatch is forbidden for watch');
  return {
    ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
    ...(query.labelSelector === undefined ? {} : { labelSelector: query.labelSelector }),
    ...(query.fieldSelector === undefined ? {} : { fieldSelector: query.fieldSelector }),
    resourceVersion: query.resourceVersion ?? '',
    allowBookmarks: flag(request, 'allowWatchBookmarks'),
    sendInitialEvents: sendInitialEvents !== null && flag(request, 'sendInitialEvents'),
    timeoutSeconds: count(request, 'timeoutSeconds'),
  };
}

interface DeleteRequest {
  readonly options: DeleteOptions & { readonly orphanDependents?: boolean };
  readonly context: WriteContext;
}

/** Options of a delete stand in the body or in the query; the body wins. */
async function deleteRequest(request: Request): Promise<DeleteRequest> {
  const context = writeContext(request, 'DeleteOptions');
  const hasBody = request.headers['content-length'] !== '0';
  const { value } = hasBody ? await readOptionalBody(request) : { value: undefined };
  const body = asObject(value);
  const { searchParams } = request.url;
  const grace =
    typeof body.gracePeriodSeconds === 'number' ? body.gracePeriodSeconds : count(request, 'gracePeriodSeconds');
  const policy =
    typeof body.propagationPolicy === 'string'
      ? body.propagationPolicy
      : (searchParams.get('propagationPolicy') ?? undefined);
  const orphan =
    typeof body.orphanDependents === 'boolean'
      ? body.orphanDependents
      : searchParams.has('orphanDependents')
        ? flag(request, 'orphanDependents')
        : undefined;
  const preconditions = asObject(body.preconditions);
  const { uid, resourceVersion } = preconditions;
  const dryRun = context.dryRun || at(body, 'dryRun', 0) === 'All';
  return {
    options: {
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
      ...(policy === undefined ? {} : { propagationPolicy: policy as 'Background' }),
      ...(orphan === undefined ? {} : { orphanDependents: orphan }),
      preconditions: {
        ...(typeof uid === 'string' ? { uid } : {}),
        ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
      },
    },
    context: { ...context, dryRun },
  };
}

async function readOptionalBody(request: Request): Promise<{ value: unknown }> {
  const pieces: (Uint8Array | string)[] = [];
  for await (const piece of request.body) pieces.push(piece);
  if (pieces.length === 0 || pieces.every((piece) => piece.length === 0)) return { value: undefined };
  async function* again(): AsyncIterable<Uint8Array | string> {
    yield* pieces;
  }
  const { value } = await readBody({ ...request, body: again() });
  if (value !== undefined && value !== null && !isObject(value))
    throw ApiError.badRequest('the body of a delete is a DeleteOptions object');
  return { value };
}
