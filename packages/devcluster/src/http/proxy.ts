import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { services } from '../registry/kinds/service.js';
import type { Registry } from '../registry/registry.js';
import { asList, asObject, at } from '../store/json.js';
import { ApiError } from './api-error.js';
import type { Backends } from './backends.js';
import type { Request, Response } from './exchange.js';

/** Headers that belong to one hop, and what the pod has no business seeing. */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'authorization',
]);

/** Splits `[scheme:]name[:port]`. */
export function proxyTarget(text: string): { readonly scheme: string; readonly name: string; readonly port: string } {
  const parts = text.split(':');
  if (parts.length === 3) return { scheme: parts[0] || 'http', name: parts[1] ?? '', port: parts[2] ?? '' };
  return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' };
}

/** Serves `/services/NAME:PORT/proxy/…` and `/pods/NAME:PORT/proxy/…`: the request goes to the pod, both bodies are streamed. */
export class PodProxy {
  #turn = 0;

  constructor(
    readonly registry: Registry,
    readonly backends: () => Backends | undefined,
  ) {}

  async service(request: Request, namespace: string, target: string, path: string): Promise<Response> {
    const { name, port } = proxyTarget(target);
    const service = this.registry.require(services, namespace, name);
    const ports = asList(at(service, 'spec', 'ports')).map(asObject);
    const wanted =
      port === ''
        ? ports.length === 1
          ? ports[0]
          : (ports.find((each) => !each.name) ?? ports[0])
        : ports.find((each) => each.name === port || String(each.port) === port);
    if (wanted === undefined) {
      throw ApiError.unavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
    }
    const found = this.#endpoints(namespace, name, wanted.name);
    const backend = found[this.#turn++ % Math.max(found.length, 1)];
    if (backend === undefined) {
      const ready = this.#subsets(namespace, name).some(({ addresses }) => asList(addresses).length > 0);
      const played = ready ? ': its pods only play that they are ready, and no program listens in them' : '';
      throw ApiError.unavailable(`no endpoints available for service ${JSON.stringify(name)}${played}`);
    }
    return forward(request, backend, path);
  }

  async pod(request: Request, namespace: string, target: string, path: string): Promise<Response> {
    const { name, port } = proxyTarget(target);
    const resource = this.registry.resources.get('', 'v1', 'pods');
    if (resource === undefined) throw ApiError.noSuchResource();
    const pod = this.registry.require(resource, namespace, name);
    const first = asObject(asList(asObject(asList(at(pod, 'spec', 'containers'))[0]).ports)[0]).containerPort;
    const number = port === '' ? first : Number(port);
    const backend = typeof number === 'number' ? this.backends()?.endpoint(namespace, name, number) : undefined;
    if (backend === undefined)
      throw ApiError.unavailable(`pod ${JSON.stringify(name)} has no reachable port ${port || first || ''}`.trim());
    return forward(request, backend, path);
  }

  #subsets(namespace: string, name: string) {
    return asList(this.registry.around.store.get('/endpoints', `${namespace}/${name}`)?.subsets).map(asObject);
  }

  /** Every ready pod behind the service that can be reached from here. */
  #endpoints(namespace: string, name: string, portName: unknown): { host: string; port: number }[] {
    return this.#subsets(namespace, name).flatMap((subset) => {
      const port = asList(subset.ports)
        .map(asObject)
        .find((candidate) => (candidate.name ?? '') === (portName ?? ''));
      if (typeof port?.port !== 'number') return [];
      const number = port.port;
      return asList(subset.addresses).flatMap((address) => {
        const { kind, name: pod } = asObject(asObject(address).targetRef);
        if (kind !== 'Pod' || typeof pod !== 'string') return [];
        const backend = this.backends()?.endpoint(namespace, pod, number);
        return backend === undefined ? [] : [backend];
      });
    });
  }
}

function forward(
  request: Request,
  backend: { readonly host: string; readonly port: number },
  path: string,
): Promise<Response> {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped.has(name)));
  const query = request.url.search;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: backend.host,
        port: backend.port,
        method: request.method,
        path: `${path === '' ? '/' : path}${query}`,
        headers: { ...headers, host: `${backend.host}:${backend.port}` },
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      },
      (incoming) => {
        const answer: Record<string, string> = {};
        for (const [name, value] of Object.entries(incoming.headers)) {
          if (!dropped.has(name) && value !== undefined) answer[name] = Array.isArray(value) ? value.join(', ') : value;
        }
        resolve({ status: incoming.statusCode ?? 502, headers: answer, body: incoming });
      },
    );
    outgoing.on('error', (error) => {
      reject(ApiError.unavailable(`error trying to reach service: ${error.message}`));
    });
    const body = Readable.from(request.body);
    body.on('error', (error) => outgoing.destroy(error));
    body.pipe(outgoing);
  });
}
