import type { Clock } from '../clock.js';
import { KaitoError } from '../errors.js';
import type { ApplyOptions, DeleteOptions, KubeClient, ListOptions, ObjectList, WriteOptions } from './client.js';
import { delay } from './delay.js';
import { isConflict, isGone, isObjectMissing, KubeError, ServerUnreachable } from './errors.js';
import { kubeErrors } from './kube-errors.js';
import { linkedAbort } from './linked-abort.js';
import type { KubeObject, ResourceKind } from './objects.js';
import { apiVersionOf } from './objects.js';
import { resourcePath, withQuery } from './resource-path.js';
import type { KubeRequest, KubeResponse, Transport } from './transport.js';

/** What a {@link RestClient} is made of. */
export interface RestClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1): spreads retries, so that clients refused together do not come back together. */
  readonly random: () => number;
  /** Recorded by the server for creates and patches that name none. */
  readonly fieldManager?: string;
  /** How often a request is repeated before its error is thrown. @default 6 */
  readonly retries?: number;
  /** An answer that takes longer counts as lost. @default 60000 */
  readonly timeoutMs?: number;
  /** Gets what the server warns about: deprecated versions, unknown fields. */
  readonly onWarning?: (warning: string) => void;
  /** Told of each request that is sent again, with the status it met; 0 when there was no answer. */
  readonly onRetry?: (method: string, status: number) => void;
}

const pageSize = 500;
/** A server that cannot cut the rest away answers with whole objects. */
const metadataListAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/**
 * The Kubernetes API over any {@link Transport}, in plain JSON.
 *
 * Repeats by itself what cannot do harm: anything refused with 429 and `Retry-After` (the server did not start on it), and
 * reads, replacements, applies and deletes that met 503. Everything else is the caller's decision, which may know that it can look first.
 */
export class RestClient implements KubeClient {
  constructor(private readonly options: RestClientOptions) {}

  async get<T extends KubeObject>(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined> {
    try {
      const path = resourcePath(resource, { namespace, name });
      return (await this.json({ method: 'GET', path })) as T;
    } catch (error) {
      if (isObjectMissing(error, name)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: ResourceKind, options: ListOptions = {}): Promise<ObjectList<T>> {
    try {
      return await this.pages(resource, options, pageSize);
    } catch (error) {
      // The snapshot behind the pages was compacted away while we were reading it; in one piece there is no such race.
      if (isGone(error)) return this.pages(resource, options, undefined);
      throw error;
    }
  }

  async create<T extends KubeObject>(resource: ResourceKind, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    if (resource.namespaced && !namespace) {
      throw kubeErrors.NAMESPACE_MISSING(resource.kind, name);
    }
    const path =
      options.subresource === undefined
        ? resourcePath(resource, { namespace })
        : resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.write<T>('POST', path, 'application/json', object, options);
  }

  async update<T extends KubeObject>(
    resource: ResourceKind,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { ...object.metadata, subresource: options.subresource });
    return this.write<T>('PUT', path, 'application/json', object, options);
  }

  async apply<T extends KubeObject>(resource: ResourceKind, object: KubeObject, options: ApplyOptions): Promise<T> {
    const path = resourcePath(resource, { ...object.metadata, subresource: options.subresource });
    return this.write<T>('PATCH', path, 'application/apply-patch+yaml', object, options, options.force ?? true);
  }

  async merge<T extends KubeObject>(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
    patch: object,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return this.write<T>('PATCH', path, 'application/merge-patch+json', patch, options);
  }

  async delete(
    resource: ResourceKind,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<boolean> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    try {
      await this.json({
        method: 'DELETE',
        path: resourcePath(resource, { namespace, name }),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      return true;
    } catch (error) {
      if (isObjectMissing(error, name)) return false;
      // Another object has taken the name: the one that was meant is gone.
      if (options.uid !== undefined && isConflict(error)) return false;
      throw error;
    }
  }

  private async pages<T extends KubeObject>(
    resource: ResourceKind,
    options: ListOptions,
    limit: number | undefined,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    const address = resourcePath(resource, { namespace: options.namespace });
    const ask = (next: string | undefined): Promise<unknown> =>
      this.json({
        method: 'GET',
        path: withQuery(address, {
          labelSelector: options.labelSelector,
          fieldSelector: options.fieldSelector,
          limit,
          continue: next,
        }),
        ...(options.metadataOnly === true ? { headers: { accept: metadataListAccept } } : {}),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    let answer = ask(undefined);
    for (;;) {
      const page = parseList(await answer, resource, address);
      if (page.next !== undefined) {
        // Now, so that the server is at work on it while we are at work on this one.
        answer = ask(page.next);
        answer.catch(() => undefined);
      }
      for (const item of page.items) items.push((options.prepare?.(item) ?? item) as T);
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
    }
  }

  private async write<T>(
    method: string,
    path: string,
    contentType: string,
    body: object,
    options: WriteOptions,
    force?: boolean,
  ): Promise<T> {
    const query = {
      fieldManager: options.fieldManager ?? this.options.fieldManager,
      force,
      dryRun: options.dryRun ? 'All' : undefined,
      fieldValidation: options.fieldValidation,
    };
    const answer = await this.json({
      method,
      path: withQuery(path, query),
      headers: { 'content-type': contentType },
      body: JSON.stringify(body),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return answer as T;
  }

  private async json(request: KubeRequest): Promise<unknown> {
    const { clock, random, retries = 6 } = this.options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(request);
      } catch (error) {
        if (attempt >= retries || !mayRepeat(request, error)) throw error;
        const asked = KubeError.is(error) ? error.retryAfterMs : undefined;
        this.options.onRetry?.(request.method, KubeError.is(error) ? error.code : 0);
        const wait = asked ?? Math.min(100 * 2 ** attempt, 10_000);
        await delay(clock, wait * (1 + random() / 4), request.signal);
      }
    }
  }

  private async once(request: KubeRequest): Promise<unknown> {
    request.signal?.throwIfAborted();
    const { clock, timeoutMs = 60_000 } = this.options;
    const { signal, abort, unlink } = linkedAbort(request.signal);
    let late = false;
    const cancel = clock.after(timeoutMs, () => {
      late = true;
      abort(new Error(`no answer in ${timeoutMs} ms`));
    });
    let response: KubeResponse;
    let body: string;
    try {
      const headers = { accept: 'application/json', ...request.headers };
      response = await this.options.transport.request({ ...request, headers, signal });
      body = await text(response);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      // Refused on our side of the wire: it was never sent.
      if (KaitoError.is(error)) throw error;
      throw new ServerUnreachable(request.method, request.path, late ? signal.reason : error);
    } finally {
      cancel();
      unlink();
    }
    const warning = response.headers.warning;
    if (warning !== undefined) this.options.onWarning?.(warning);
    if (response.status >= 300) throw KubeError.fromAnswer(request, response.status, response.headers, body);
    try {
      return JSON.parse(body);
    } catch (cause) {
      throw new ServerUnreachable(request.method, request.path, new Error('the answer is not JSON', { cause }));
    }
  }
}

/** Reads a `…List`. Items of built-in lists come without `apiVersion` and `kind`, which are added. */
export function parseList(
  answer: unknown,
  resource: ResourceKind,
  path: string,
): { readonly items: readonly KubeObject[]; readonly resourceVersion: string; readonly next: string | undefined } {
  const list = answer as { items?: unknown; metadata?: { resourceVersion?: unknown; continue?: unknown } } | null;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string' || (list?.items !== null && !Array.isArray(list?.items))) {
    throw kubeErrors.NOT_A_LIST(path);
  }
  const apiVersion = apiVersionOf(resource);
  const items = ((list.items ?? []) as Partial<KubeObject>[]).map((item) =>
    item.kind === undefined ? { apiVersion, kind: resource.kind, ...item } : item,
  );
  const next = list.metadata?.continue;
  return {
    items: items as KubeObject[],
    resourceVersion,
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

async function text(response: KubeResponse): Promise<string> {
  let whole = '';
  for await (const piece of response.body) whole += piece;
  return whole;
}

function mayRepeat(request: KubeRequest, error: unknown): boolean {
  const applies = request.headers?.['content-type'] === 'application/apply-patch+yaml';
  const safe = applies || request.method === 'GET' || request.method === 'PUT' || request.method === 'DELETE';
  if (!KubeError.is(error)) return request.method === 'GET' && ServerUnreachable.is(error);
  if (error.code === 429) return safe || error.retryAfterMs !== undefined;
  return error.code === 503 && safe;
}
