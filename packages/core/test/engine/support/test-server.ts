import {
  type Clock,
  CRDS,
  type KubeObject,
  type KubeRequest,
  type KubeResponse,
  NAMESPACES,
  type ResourceKind,
  registerKind,
  type Transport,
} from '@kaito-sdk/core';
import { ApiServer } from '@kaito-sdk/devcluster';

export const WIDGETS = custom('Widget', 'widgets');
/** Have a set of tags to which everybody may add. */
export const GADGETS = custom('Gadget', 'gadgets');

export const widgetCrd = crd(WIDGETS);

/** What happens to one request: it is answered, it never arrives, or it is carried out and the answer is lost. */
export type Fault = (request: KubeRequest) => 'pass' | 'refuse' | 'lose-answer';

/** An API server with the kinds of these tests, a journal of what it is asked, and faults. */
export class TestServer implements Transport {
  /** Every request that was not a read, as `METHOD path`. */
  readonly writes: string[] = [];
  readonly reads: string[] = [];
  fault: Fault = () => 'pass';
  readonly server: ApiServer;
  private readonly watches = new Set<AbortController>();

  private constructor(clock: Clock) {
    this.server = new ApiServer({ clock });
  }

  static async start(clock: Clock): Promise<TestServer> {
    const made = new TestServer(clock);
    for (const kind of [WIDGETS, GADGETS]) await made.server.client.create(CRDS, crd(kind) as never);
    for (const name of ['system', 'elsewhere']) {
      await made.server.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    return made;
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    const [path = '', query = ''] = request.path.split('?');
    const watching = query.includes('watch=true');
    if (request.method === 'GET') this.reads.push(`${watching ? 'WATCH' : 'GET'} ${path}`);
    const fault = this.fault(request);
    if (fault === 'refuse') throw new Error('connect ECONNREFUSED');
    if (watching) return this.watch(request);
    if (request.method !== 'GET') this.writes.push(`${request.method} ${path}`);
    const response = await this.server.transport.request(request);
    if (fault === 'lose-answer') throw new Error('socket hang up');
    return response;
  }

  /** Ends every open watch, as a restart of the server would. */
  dropWatches(): void {
    for (const watch of this.watches) watch.abort(new Error('read ECONNRESET'));
    this.watches.clear();
  }

  async at(resource: ResourceKind, name: string, namespace?: string): Promise<KubeObject | undefined> {
    return this.server.client.get(resource, resource.namespaced ? (namespace ?? 'default') : undefined, name);
  }

  async all(resource: ResourceKind, namespace = 'default'): Promise<readonly KubeObject[]> {
    const { items } = await this.server.client.list(resource, { namespace });
    return items;
  }

  /** The one-shot answers pass through; a watch gets a signal that `dropWatches` can abort. */
  private watch(request: KubeRequest): Promise<KubeResponse> {
    const drop = new AbortController();
    this.watches.add(drop);
    const end = (): void => {
      this.watches.delete(drop);
      drop.abort(request.signal?.reason);
    };
    request.signal?.addEventListener('abort', end, { once: true });
    return this.server.transport.request({ ...request, signal: drop.signal });
  }
}

function custom(kind: string, plural: string): ResourceKind {
  return registerKind({ group: 'ex.io', version: 'v1', kind, plural, namespaced: true });
}

function crd({ group, version, kind, plural }: ResourceKind): KubeObject {
  const spec =
    kind === 'Gadget'
      ? {
          type: 'object',
          properties: { tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } },
        }
      : { type: 'object', properties: { size: { type: 'integer' } } };
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
        },
      ],
    },
  };
}
