import type { ApiTransport } from '@kaito-sdk/devcluster';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

// biome-ignore lint/suspicious/noExplicitAny: as above
export type Event = any;

/** The server that the cases ask. */
export interface Target {
  readonly transport: ApiTransport;
  /** Its clock, in milliseconds since 1970. */
  now(): number;
  /** Resolves when what has been written before has reached every watch. */
  quiet(): Promise<void>;
  /** Looks until `look` does not throw, for what the server's controllers do behind its answers. */
  eventually<T>(look: () => Promise<T>): Promise<T>;
  /** Told of each CustomResourceDefinition that was created. Resolves when it is served, or never will be. */
  defined?(crd: Event): Promise<void>;
}

/** Speaks to a server the way a client does: methods, paths, bodies as text. Namespace `t` is there. */
export class Api {
  readonly #target: Target;
  readonly #open = new AbortController();

  private constructor(target: Target) {
    this.#target = target;
  }

  /** Begins a case, on a server that holds nothing but what it was born with. */
  static async start(target: Target): Promise<Api> {
    const api = new Api(target);
    await api.post('/api/v1/namespaces', { metadata: { name: 't' } });
    return api;
  }

  /** The server's time, in milliseconds since 1970. */
  now(): number {
    return this.#target.now();
  }

  /** For what comes true behind the answers: at once on devcluster, after a while on a real control plane. */
  eventually<T>(look: () => Promise<T>): Promise<T> {
    return this.#target.eventually(look);
  }

  /** Ends every watch. */
  stop(): void {
    this.#open.abort();
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await this.#target.transport.request({
      method,
      path,
      headers: {
        'user-agent': 'conformance/1.0',
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    let all = '';
    for await (const piece of answer.body) all += piece;
    const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json') && all !== '';
    const parsed = isJson ? JSON.parse(all) : undefined;
    if (method === 'POST' && path === crds && answer.status === 201) await this.#target.defined?.(parsed);
    return { status: answer.status, headers: answer.headers, text: all, body: parsed };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call('POST', path, body, headers);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.call('PUT', path, body);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.call('DELETE', path, body);
  }

  merge(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
  }

  json(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { 'content-type': 'application/json-patch+json' });
  }

  strategic(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { 'content-type': 'application/strategic-merge-patch+json' });
  }

  apply(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { 'content-type': 'application/apply-patch+yaml' });
  }

  /** Opens a watch; events are read one by one with `next`. */
  async watch(path: string, headers: Record<string, string> = {}): Promise<Events> {
    const answer = await this.#target.transport.request({
      method: 'GET',
      path: `${path}${path.includes('?') ? '&' : '?'}watch=true`,
      headers,
      signal: this.#open.signal,
    });
    return new Events(answer.status, answer.body, () => this.#target.quiet());
  }
}

/** The events of one watch. */
export class Events {
  readonly #pieces: AsyncIterator<string>;
  #text = '';
  #pending: Promise<IteratorResult<string>> | undefined;

  constructor(
    readonly status: number,
    body: AsyncIterable<string>,
    private readonly quiet: () => Promise<void>,
  ) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** The next event; undefined when the server has ended the stream. */
  async next(): Promise<Event | undefined> {
    const line = await this.line();
    return line === undefined ? undefined : JSON.parse(line);
  }

  /** As {@link next}, as it stands on the wire. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      this.#pending ??= this.#pieces.next();
      const { done, value } = await this.#pending;
      this.#pending = undefined;
      if (done) return undefined;
      this.#text += value;
    }
  }

  async take(count: number): Promise<Event[]> {
    const taken: Event[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** What has arrived by now: reads until nothing more is on its way. */
  async arrived(): Promise<Event[]> {
    const found: Event[] = [];
    for (;;) {
      const waiting = this.next();
      const event = await Promise.race([waiting, this.quiet().then(() => 'nothing' as const)]);
      if (event === 'nothing' || event === undefined) {
        this.#waiting = waiting;
        return found;
      }
      found.push(event);
    }
  }

  #waiting: Promise<Event | undefined> | undefined;

  /** The next event after `arrived` found no more. */
  async later(): Promise<Event | undefined> {
    const waiting = this.#waiting ?? this.next();
    this.#waiting = undefined;
    return waiting;
  }
}

/** Reason and field of each cause of a refusal, in the order of the fields. */
export function causes(answer: Answer): string[] {
  return (answer.body.details?.causes ?? [])
    .map((cause: { reason: string; field?: string }) => `${cause.reason} ${cause.field}`)
    .sort();
}

export const configMaps = '/api/v1/namespaces/t/configmaps';
export const widgets = '/apis/ex.io/v1/namespaces/t/widgets';
export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export function configMap(name: string, data: Record<string, string> = { a: '1' }, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data };
}

export function widget(name: string, spec: object, metadata: object = {}): object {
  return { apiVersion: 'ex.io/v1', kind: 'Widget', metadata: { name, ...metadata }, spec };
}

const widgetSchema = {
  openAPIV3Schema: {
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        'x-kubernetes-validations': [
          {
            rule: '!has(self.max) || self.size <= self.max',
            message: 'size must not be above max',
            fieldPath: '.size',
          },
          { rule: 'self.mode == oldSelf.mode', message: 'mode is immutable' },
        ],
        properties: {
          size: { type: 'integer', minimum: 1, maximum: 10 },
          max: { type: 'integer' },
          mode: { type: 'string', enum: ['A', 'B'], default: 'A' },
          replicas: { type: 'integer', default: 1, minimum: 0 },
          note: { type: 'string', maxLength: 5, pattern: '^[a-z]*$' },
          notnul: { type: 'string', default: 'd' },
          port: { 'x-kubernetes-int-or-string': true },
          items: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: {
              type: 'object',
              required: ['name'],
              properties: { name: { type: 'string' }, value: { type: 'integer', default: 7 } },
            },
          },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          options: {
            type: 'object',
            'x-kubernetes-map-type': 'atomic',
            additionalProperties: { type: 'string' },
          },
        },
      },
      status: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
      },
    },
  },
};

/** The definition that the cases about custom resources share. */
export function widgetCrd(change: (crd: Event) => void = () => {}): object {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.ex.io' },
    spec: {
      group: 'ex.io',
      scope: 'Namespaced',
      names: {
        plural: 'widgets',
        singular: 'widget',
        kind: 'Widget',
        listKind: 'WidgetList',
        shortNames: ['wd'],
        categories: ['all'],
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          selectableFields: [{ jsonPath: '.spec.mode' }],
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: structuredClone(widgetSchema),
        },
        // Equal schemas in all versions, with fields selectable in one of them only, are refused by kube-apiserver 1.34.4.
        {
          name: 'v1alpha1',
          served: true,
          storage: false,
          deprecated: true,
          schema: {
            openAPIV3Schema: { ...structuredClone(widgetSchema.openAPIV3Schema), description: 'The first try.' },
          },
        },
      ],
    },
  };
  change(crd);
  return crd;
}
