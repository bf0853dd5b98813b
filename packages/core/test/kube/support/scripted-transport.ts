import type { KubeObject, KubeRequest, KubeResponse, Transport } from '@kaito-sdk/core';

export type Answer = (request: KubeRequest) => Promise<KubeResponse>;

/** A transport that answers by a script, and remembers what it was asked. */
export class ScriptedTransport implements Transport {
  readonly requests: KubeRequest[] = [];
  private readonly script: Answer[] = [];
  private fallback: Answer | undefined;

  /** The answers to the next requests, in order. */
  next(...answers: Answer[]): this {
    this.script.push(...answers);
    return this;
  }

  /** The answer when the script has run out. */
  otherwise(answer: Answer): this {
    this.fallback = answer;
    return this;
  }

  request(request: KubeRequest): Promise<KubeResponse> {
    this.requests.push(request);
    const answer = this.script.shift() ?? this.fallback;
    if (answer === undefined) return Promise.reject(new Error(`not in the script: ${request.method} ${request.path}`));
    return answer(request);
  }

  get paths(): string[] {
    return this.requests.map(({ path }) => path);
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(body), status, headers);
}

export function text(body: string, status = 200, headers: Record<string, string> = {}): Answer {
  return async () => ({ status, headers, body: pieces(body) });
}

export function status(code: number, reason: string, more: object = {}, headers: Record<string, string> = {}): Answer {
  return json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `it is ${reason}`, ...more },
    code,
    headers,
  );
}

export function unreachable(message = 'connect ECONNREFUSED'): Answer {
  return () => Promise.reject(new Error(message));
}

export function listOf(resourceVersion: string, items: readonly KubeObject[], next?: string): Answer {
  return json({
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion, ...(next ? { continue: next } : {}) },
    items,
  });
}

/** A watch whose lines the test sends when it likes. */
export class ScriptedWatch {
  open = 0;
  private waiting: ((piece: string | Error | undefined) => void) | undefined;
  private readonly queue: (string | Error | undefined)[] = [];

  constructor(private readonly options: { readonly deaf?: boolean } = {}) {}

  readonly answer: Answer = async (request) => {
    this.open++;
    if (this.options.deaf !== true) request.signal?.addEventListener('abort', () => this.end(request.signal?.reason));
    return { status: 200, headers: {}, body: this.body() };
  };

  send(type: string, object: object): this {
    return this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: string): this {
    return this.send('BOOKMARK', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion } });
  }

  raw(piece: string): this {
    return this.put(piece);
  }

  /** Ends the stream: cleanly, or with an error. */
  end(error?: Error): this {
    return this.put(error);
  }

  private put(piece: string | Error | undefined): this {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting === undefined) this.queue.push(piece);
    else waiting(piece);
    return this;
  }

  private async *body(): AsyncIterable<string> {
    for (;;) {
      const piece =
        this.queue.length > 0
          ? this.queue.shift()
          : await new Promise<string | Error | undefined>((resolve) => {
              this.waiting = resolve;
            });
      if (piece === undefined) return;
      if (piece instanceof Error) throw piece;
      yield piece;
    }
  }
}

async function* pieces(body: string): AsyncIterable<string> {
  const middle = Math.floor(body.length / 2);
  yield body.slice(0, middle);
  yield body.slice(middle);
}

export function configMap(
  name: string,
  resourceVersion: string,
  more: { uid?: string; data?: Record<string, string>; labels?: Record<string, string> } = {},
): KubeObject {
  const { uid = `uid-${name}`, data = {}, labels } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid, resourceVersion, ...(labels ? { labels } : {}) },
    data,
  };
}
