import type { KubeRequest } from '../../kube/transport.js';

/** What a request does, in the words of RBAC. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One request, taken apart. */
export interface RequestFacts {
  readonly verb: Verb;
  /** Empty for the core group. */
  readonly group: string;
  /** Plural; empty for paths that are no resource, such as `/readyz`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  /** For a create: the name in the body. For a list or a watch: the one that its field selector asks for. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly dryRun: boolean;
}

const resourcePattern =
  /^\/(?:api\/[^/]+|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>.+))?$/;
const verbs: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Reads method, path and, for a create, the body. */
export function requestFacts(request: KubeRequest): RequestFacts {
  const url = new URL(request.path, 'http://server');
  const { group = '', namespace, resource = '', name, subresource } = resourcePattern.exec(url.pathname)?.groups ?? {};
  const read: Verb = url.searchParams.get('watch') === 'true' ? 'watch' : name === undefined ? 'list' : 'get';
  return {
    verb: verbs[request.method] ?? read,
    group,
    resource,
    namespace,
    name: name ?? (request.method === 'POST' ? nameIn(request.body) : nameSelected(url)),
    subresource,
    dryRun: url.searchParams.has('dryRun'),
  };
}

/** Whether it may change what the server stores. */
export function isWrite({ verb, dryRun }: RequestFacts): boolean {
  return !dryRun && verb !== 'get' && verb !== 'list' && verb !== 'watch';
}

/** As the API server judges it: `metadata.name=a` alone or among other terms. */
function nameSelected(url: URL): string | undefined {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
}

function nameIn(body: string | undefined): string | undefined {
  try {
    return (JSON.parse(body ?? '') as { metadata?: { name?: string } }).metadata?.name;
  } catch {
    return undefined;
  }
}
