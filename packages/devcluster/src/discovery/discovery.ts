import { createHash } from 'node:crypto';
import { json, once, type Request, type Response } from '../http/exchange.js';
import { acceptClauses } from '../http/negotiate.js';
import { reviews } from '../http/reviews.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import type { ResourceTable } from '../registry/resource-table.js';

interface Subresource {
  readonly name: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}

interface Entry {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly response: Subresource['kind'];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
}

/** The documents under `/api` and `/apis` from which clients learn what there is. */
export class Discovery {
  #cached: { generation: number; documents: Map<string, string> } = { generation: -1, documents: new Map() };

  constructor(readonly resources: ResourceTable) {}

  /** Undefined for paths that name objects, or nothing. */
  answer(request: Request): Response | undefined {
    const parts = request.url.pathname.replace(/\/$/, '').split('/').slice(1);
    const [root, group, version] = parts;
    if (root === 'api') {
      if (parts.length === 1) return this.#root(request, 'api');
      return parts.length === 2 && this.resources.versions('').includes(group ?? '')
        ? this.#plain(`api/${group}`, () => this.#list('', group ?? ''))
        : undefined;
    }
    if (root !== 'apis') return undefined;
    if (parts.length === 1) return this.#root(request, 'apis');
    if (group === undefined || !this.#groups().includes(group)) return undefined;
    if (parts.length === 2)
      return this.#plain(`apis/${group}`, () => ({ kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) }));
    if (parts.length === 3 && version !== undefined && this.#versions(group).includes(version)) {
      return this.#plain(`apis/${group}/${version}`, () => this.#list(group, version));
    }
    return undefined;
  }

  #root(request: Request, root: 'api' | 'apis'): Response {
    const aggregated = acceptClauses(request.headers.accept).find(
      ({ type, parameters }) =>
        type === 'application/json' &&
        parameters.g === 'apidiscovery.k8s.io' &&
        parameters.as === 'APIGroupDiscoveryList',
    );
    const version = aggregated?.parameters.v;
    if (version !== 'v2' && version !== 'v2beta1') {
      return this.#plain(root, () =>
        root === 'api'
          ? this.#coreVersions()
          : { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#groups().map((group) => this.#group(group)) },
      );
    }
    const body = this.#document(`${root}?${version}`, () =>
      this.#aggregated(root === 'api' ? [''] : this.#groups(), version),
    );
    const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
    const headers = {
      'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      etag,
      vary: 'Accept',
    };
    if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: once('') };
    return { status: 200, headers, body: once(body) };
  }

  #plain(key: string, make: () => object): Response {
    return { ...json(200, null), body: once(this.#document(key, make)) };
  }

  #document(key: string, make: () => object): string {
    if (this.#cached.generation !== this.resources.generation) {
      this.#cached = { generation: this.resources.generation, documents: new Map() };
    }
    let text = this.#cached.documents.get(key);
    if (text === undefined) {
      text = `${JSON.stringify(make())}\n`;
      this.#cached.documents.set(key, text);
    }
    return text;
  }

  #groups(): string[] {
    const found = new Set<string>();
    for (const resource of this.resources.all()) if (resource.group !== '') found.add(resource.group);
    for (const review of reviews) found.add(review.group);
    return [...found];
  }

  #versions(group: string): string[] {
    const versions = this.resources.versions(group);
    return versions.length === 0 && reviews.some((review) => review.group === group) ? ['v1'] : versions;
  }

  #coreVersions(): object {
    return {
      kind: 'APIVersions',
      versions: this.resources.versions(''),
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
    };
  }

  #group(group: string): object {
    const versions = this.#versions(group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
    return { name: group, versions, preferredVersion: versions[0] };
  }

  #entries(group: string, version: string): Entry[] {
    const stored = this.resources
      .all()
      .filter((resource) => resource.group === group && resource.version === version)
      .map(entryOf);
    const answered = reviews
      .filter((review) => review.group === group && version === 'v1')
      .map(
        ({ plural, kind, namespaced }): Entry => ({
          plural,
          singular: kind.toLowerCase(),
          kind,
          response: { group: '', version: '', kind },
          namespaced,
          verbs: ['create'],
          shortNames: [],
          categories: [],
          subresources: [],
        }),
      );
    return [...stored, ...answered].sort((a, b) => (a.plural < b.plural ? -1 : 1));
  }

  #list(group: string, version: string): object {
    const resources = this.#entries(group, version).flatMap((entry) => [
      {
        name: entry.plural,
        singularName: entry.singular,
        namespaced: entry.namespaced,
        kind: entry.kind,
        verbs: entry.verbs,
        ...(entry.shortNames.length === 0 ? {} : { shortNames: entry.shortNames }),
        ...(entry.categories.length === 0 ? {} : { categories: entry.categories }),
      },
      ...entry.subresources.map(({ name, kind, verbs }) => ({
        name: `${entry.plural}/${name}`,
        singularName: '',
        namespaced: entry.namespaced,
        ...(kind.version === '' || (kind.group === group && kind.version === version)
          ? {}
          : { group: kind.group, version: kind.version }),
        kind: kind.kind,
        verbs,
      })),
    ]);
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources };
  }

  #aggregated(groups: readonly string[], version: string): object {
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map((group) => ({
        metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
        versions: this.#versions(group).map((each) => ({
          version: each,
          resources: this.#entries(group, each).map((entry) => ({
            resource: entry.plural,
            responseKind: entry.response,
            scope: entry.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: entry.singular,
            verbs: entry.verbs,
            ...(entry.shortNames.length === 0 ? {} : { shortNames: entry.shortNames }),
            ...(entry.categories.length === 0 ? {} : { categories: entry.categories }),
            ...(entry.subresources.length === 0
              ? {}
              : {
                  subresources: entry.subresources.map(({ name, kind, verbs }) => ({
                    subresource: name,
                    responseKind: kind,
                    verbs,
                  })),
                }),
          })),
          freshness: 'Current',
        })),
      })),
    };
  }
}

function entryOf(resource: Resource): Entry {
  const { group, version, plural, singular, kind, namespaced, verbs, shortNames, categories } = resource;
  // For its own kinds the real server leaves group and version empty; only definitions have them filled in.
  const own = resource.custom ? { group, version, kind } : { group: '', version: '', kind };
  const subresources: Subresource[] = resource.subresources.map((each) => ({
    name: each.name,
    kind: { group: each.group ?? own.group, version: each.version ?? own.version, kind: each.kind },
    verbs: each.verbs,
  }));
  if (resource.status) subresources.push({ name: 'status', kind: own, verbs: ['get', 'patch', 'update'] });
  if (resource.scale !== undefined) {
    subresources.push({
      name: 'scale',
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      verbs: ['get', 'patch', 'update'],
    });
  }
  if (!resource.custom) subresources.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { plural, singular, kind, response: own, namespaced, verbs, shortNames, categories, subresources };
}
