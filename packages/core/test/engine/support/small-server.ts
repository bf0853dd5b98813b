import type { KubeObject, KubeRequest, KubeResponse, Transport } from '@kaito-sdk/core';

/** What happens to one request instead of being answered. */
export type Fault = (request: KubeRequest) => 'refuse' | 'lose-answer' | 'pass';

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: KubeObject;
  readonly revision: number;
}

type Mutable = KubeObject & { metadata: Record<string, unknown> };

/**
 * As much of an API server as it takes to drive a controller: revisions, optimistic locks, finalizers, watches. Knows no
 * schema and no field ownership: an apply replaces what it mentions at the top level.
 */
export class SmallServer implements Transport {
  /** Every request that was not a read, as `METHOD path`. */
  readonly writes: string[] = [];
  readonly reads: string[] = [];
  fault: Fault = () => 'pass';
  private revision = 100;
  private readonly objects = new Map<string, Mutable>();
  private readonly history: Change[] = [];
  private readonly wakeups = new Set<() => void>();

  /** Ends every open watch, as a restart of the server would. */
  dropWatches(): void {
    this.dropped++;
    this.wake();
  }
  private dropped = 0;

  async request(request: KubeRequest): Promise<KubeResponse> {
    const [path = '', query = ''] = request.path.split('?');
    const parameters = new URLSearchParams(query);
    const watching = parameters.get('watch') === 'true';
    if (request.method === 'GET') this.reads.push(`${watching ? 'WATCH' : 'GET'} ${path}`);
    const fault = this.fault(request);
    if (fault === 'refuse') throw new Error('connect ECONNREFUSED');
    if (watching) return { status: 200, headers: {}, body: this.watch(path, parameters, request.signal) };
    if (request.method !== 'GET') this.writes.push(`${request.method} ${path}`);
    const { status, body } = this.answer(request, path, parameters);
    if (fault === 'lose-answer') throw new Error('socket hang up');
    return { status, headers: {}, body: pieces(JSON.stringify(body)) };
  }

  /** What is stored at a path, or undefined. */
  at(path: string): KubeObject | undefined {
    return this.objects.get(path);
  }

  /** Everything stored below a collection's plural. */
  all(plural: string): KubeObject[] {
    return [...this.objects].filter(([path]) => path.split('/').at(-2) === plural).map(([, object]) => object);
  }

  private answer(request: KubeRequest, path: string, parameters: URLSearchParams): { status: number; body: unknown } {
    const body = request.body === undefined ? undefined : (JSON.parse(request.body) as Mutable);
    const item = path.replace(/\/status$/, '');
    const live = this.objects.get(item);
    if (request.method === 'GET' && live !== undefined) return { status: 200, body: live };
    if (request.method === 'GET' && names(path)) return missing(item);
    if (request.method === 'GET') return { status: 200, body: this.list(path, parameters) };
    if (request.method === 'POST') return this.create(`${path}/${body?.metadata.name}`, body as Mutable);
    if (request.method === 'DELETE')
      return this.remove(item, live, body as unknown as { preconditions?: { uid?: string } });
    if (live === undefined) {
      return request.headers?.['content-type']?.includes('apply') ? this.create(item, body as Mutable) : missing(item);
    }
    const wanted = body?.metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== live.metadata.resourceVersion) return refusal(409, 'Conflict', item);
    const onStatus = path.endsWith('/status');
    const changed = onStatus ? { ...live, status: merged(live.status, body?.status) } : merged(live, body);
    return { status: 200, body: this.store(item, live, changed as Mutable) };
  }

  private create(item: string, body: Mutable): { status: number; body: unknown } {
    if (this.objects.has(item)) return refusal(409, 'AlreadyExists', item);
    const namespace = /namespaces\/([^/]+)\//.exec(item)?.[1];
    const metadata = { ...body.metadata, ...(namespace ? { namespace } : {}), uid: `uid-${this.revision + 1}` };
    return { status: 201, body: this.commit(item, 'ADDED', { ...body, metadata } as Mutable) };
  }

  private store(item: string, live: Mutable, changed: Mutable): Mutable {
    const kept = {
      ...changed,
      metadata: { ...changed.metadata, uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion },
    };
    if (JSON.stringify(kept) === JSON.stringify(live)) return live;
    const finalizers = (kept.metadata as { finalizers?: string[] }).finalizers ?? [];
    const going = live.metadata.deletionTimestamp !== undefined && finalizers.length === 0;
    return this.commit(item, going ? 'DELETED' : 'MODIFIED', kept as Mutable);
  }

  private remove(
    item: string,
    live: Mutable | undefined,
    options?: { preconditions?: { uid?: string } },
  ): { status: number; body: unknown } {
    if (live === undefined) return missing(item);
    const uid = options?.preconditions?.uid;
    if (uid !== undefined && uid !== live.metadata.uid) return refusal(409, 'Conflict', item);
    const finalizers = (live.metadata as { finalizers?: string[] }).finalizers ?? [];
    if (finalizers.length > 0) {
      if (live.metadata.deletionTimestamp !== undefined) return { status: 200, body: live };
      const metadata = { ...live.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      return { status: 200, body: this.commit(item, 'MODIFIED', { ...live, metadata } as Mutable) };
    }
    this.commit(item, 'DELETED', live);
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  }

  private commit(item: string, type: Change['type'], object: Mutable): Mutable {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } } as Mutable;
    if (type === 'DELETED') this.objects.delete(item);
    else this.objects.set(item, stored);
    this.history.push({
      type,
      collection: item.slice(0, item.lastIndexOf('/')),
      object: stored,
      revision: this.revision,
    });
    this.wake();
    return stored;
  }

  private wake(): void {
    for (const wake of [...this.wakeups]) wake();
  }

  private list(path: string, parameters: URLSearchParams): unknown {
    const name = parameters.get('fieldSelector')?.replace('metadata.name=', '');
    const items = [...this.objects]
      .filter(([item]) => within(item.slice(0, item.lastIndexOf('/')), path))
      .map(([, object]) => object)
      .filter((object) => name === undefined || object.metadata.name === name);
    return { kind: 'List', metadata: { resourceVersion: String(this.revision) }, items };
  }

  private async *watch(path: string, parameters: URLSearchParams, signal?: AbortSignal): AsyncIterable<string> {
    const opened = this.dropped;
    let from = Number(parameters.get('resourceVersion'));
    signal?.addEventListener('abort', () => this.wake(), { once: true });
    while (signal?.aborted !== true && this.dropped === opened) {
      const news = this.history.filter(({ revision, collection }) => revision > from && within(collection, path));
      from = this.revision;
      for (const { type, object } of news) yield `${JSON.stringify({ type, object })}\n`;
      if (news.length > 0) continue;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.wakeups.delete(wake);
          resolve();
        };
        this.wakeups.add(wake);
      });
    }
  }
}

/** Whether a collection is the one asked for, or one namespace of it. */
function within(collection: string, asked: string): boolean {
  return collection === asked || collection.replace(/\/namespaces\/[^/]+/, '') === asked;
}

/** Whether a path is that of one object. */
function names(path: string): boolean {
  const inside = path.replace(/^\/apis?(\/[^/]+)?\/v1\//, '').replace(/^namespaces\/[^/]+\//, '');
  return inside.includes('/');
}

function merged(live: unknown, patch: unknown): unknown {
  if (patch === undefined) return live;
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const out: Record<string, unknown> = { ...(live as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}

function missing(item: string): { status: number; body: unknown } {
  return refusal(404, 'NotFound', item);
}

function refusal(code: number, reason: string, item: string): { status: number; body: unknown } {
  const name = item.split('/').at(-1);
  return { status: code, body: { kind: 'Status', code, reason, message: `${item}: ${reason}`, details: { name } } };
}

async function* pieces(body: string): AsyncIterable<string> {
  yield body;
}
