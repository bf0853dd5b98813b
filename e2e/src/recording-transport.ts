import type { KubeRequest, KubeResponse, Transport } from '@kaito-sdk/core';

/** A write that reached the server, and its answer. */
export interface RecordedWrite {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `application/apply-patch+yaml` and so on; none for a request without a body. */
  readonly contentType: string | undefined;
  readonly body: unknown;
  readonly status: number;
  /** What the server warned about: deprecated versions, unknown fields. */
  readonly warning: string | undefined;
}

/** Passes everything on and keeps every request that was not a read. */
export class RecordingTransport implements Transport {
  readonly writes: RecordedWrite[] = [];
  /** From now on nothing gets through, in either direction, as when a network cable is pulled. */
  cut = false;
  /** The cable is pulled by itself once so many writes have been carried out; the answer of the last is lost. */
  cutAfter = Number.POSITIVE_INFINITY;
  private readonly open = new Set<AbortController>();

  constructor(private readonly inner: Transport) {}

  async request(request: KubeRequest): Promise<KubeResponse> {
    if (this.cut) throw new Error('connect ECONNREFUSED');
    const pulled = new AbortController();
    this.open.add(pulled);
    const signal = request.signal === undefined ? pulled.signal : AbortSignal.any([request.signal, pulled.signal]);
    const response = await this.inner.request({ ...request, signal });
    if (request.method === 'GET') return response;
    this.writes.push(recorded(request, response));
    if (this.writes.length >= this.cutAfter) {
      this.pull();
      throw new Error('socket hang up');
    }
    return response;
  }

  /** Ends every open watch and refuses what comes after. */
  pull(): void {
    this.cut = true;
    for (const pulled of this.open) pulled.abort(new Error('read ECONNRESET'));
  }

  async close(): Promise<void> {
    await this.inner.close?.();
  }

  /** `METHOD path` of each write that is not about a Lease or an Event, and forgets them. */
  take(): string[] {
    const seen = this.writes.splice(0).filter(({ path }) => !/\/(leases|events)(\/|$)/.test(path));
    return seen.map(({ method, path }) => `${method} ${path}`);
  }
}

function recorded(request: KubeRequest, response: KubeResponse): RecordedWrite {
  const [path = '', query = ''] = request.path.split('?');
  return {
    method: request.method,
    path,
    query: new URLSearchParams(query),
    contentType: request.headers?.['content-type'],
    body: request.body === undefined ? undefined : JSON.parse(request.body),
    status: response.status,
    warning: response.headers.warning,
  };
}
