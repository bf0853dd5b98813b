import { createHash } from 'node:crypto';
import { once, plainText, type Request, type Response } from '../http/exchange.js';
import { fullSchema } from '../patch/managed-fields.js';
import { apiVersionOf, type Resource } from '../registry/resource.js';
import type { ResourceTable } from '../registry/resource-table.js';
import { builtinSchema } from '../schema/builtin-schemas.js';
import type { Schema } from '../schema/schema.js';
import { isObject, type JsonObject } from '../store/json.js';
import { writeJson } from '../store/lossless-json.js';

/** The OpenAPI v3 documents, one a group version: what `kubectl apply`, `explain` and `diff` read. */
export class OpenApi {
  #cached: { generation: number; documents: Map<string, string> } = { generation: -1, documents: new Map() };

  constructor(readonly resources: ResourceTable) {}

  answer(request: Request): Response {
    const path = request.url.pathname.replace(/^\/openapi\/v3\/?/, '');
    const text = path === '' ? this.#index() : this.#document(path);
    if (text === undefined) return plainText(404, '404 page not found\n');
    const etag = `"${hash(text)}"`;
    const headers = { 'content-type': 'application/json', etag };
    if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: once('') };
    return { status: 200, headers, body: once(text) };
  }

  #groupVersions(): Map<string, Resource[]> {
    const found = new Map<string, Resource[]>();
    for (const resource of this.resources.all()) {
      const path = resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`;
      found.set(path, [...(found.get(path) ?? []), resource]);
    }
    return found;
  }

  #index(): string {
    const paths: JsonObject = {};
    for (const path of this.#groupVersions().keys()) {
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(this.#document(path) ?? '')}` };
    }
    return JSON.stringify({ paths });
  }

  #document(path: string): string | undefined {
    if (this.#cached.generation !== this.resources.generation) {
      this.#cached = { generation: this.resources.generation, documents: new Map() };
    }
    let text = this.#cached.documents.get(path);
    if (text === undefined) {
      const resources = this.#groupVersions().get(path);
      if (resources === undefined) return undefined;
      text = writeJson(documentOf(resources));
      this.#cached.documents.set(path, text);
    }
    return text;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').toUpperCase();

function documentOf(resources: readonly Resource[]): object {
  const schemas: JsonObject = {};
  const paths: JsonObject = {};
  for (const resource of resources) {
    const { group, version, kind } = resource;
    const name = resource.custom ? customName(resource) : undefined;
    const gvk = [{ group, version, kind }];
    if (name === undefined) addBuiltin(resource, gvk, schemas);
    else {
      schemas[name] = { ...published(fullSchema(resource), schemas), 'x-kubernetes-group-version-kind': gvk };
    }
    addPaths(resource, paths);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths,
    components: { schemas },
  };
}

/** `ex.io/v1 Widget` is published as `io.ex.v1.Widget`. */
function customName({ group, version, kind }: Resource): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** The long names under which the real server publishes the built-in types. */
function longName(name: string): string {
  if (name.startsWith('meta.')) return `io.k8s.apimachinery.pkg.apis.${name}`;
  if (name.startsWith('apiextensions.')) return `io.k8s.apiextensions-apiserver.pkg.apis.${name}`;
  return `io.k8s.api.${name}`;
}

const gvkKey = 'x-kubernetes-group-version-kind';

function addBuiltin(resource: Resource, gvk: readonly object[], schemas: JsonObject): void {
  // The type's own name is not in the resource: it is found by the schema object, which the table hands out once.
  const name = longName(typeNameOf(resource));
  schemas[name] = { ...published(resource.schema, schemas), [gvkKey]: gvk };
}

function typeNameOf(resource: Resource): string {
  const short: Readonly<Record<string, string>> = {
    '': 'core',
    'rbac.authorization.k8s.io': 'rbac',
    'apiextensions.k8s.io': 'apiextensions',
  };
  const group = short[resource.group] ?? resource.group.split('.')[0] ?? '';
  return `${group}.${resource.version}.${resource.kind}`;
}

/** A schema as it is published: references by their long names, and everything referred to among the components. */
function published(schema: Schema, schemas: JsonObject): JsonObject {
  const {
    $ref,
    properties,
    items,
    additionalProperties,
    'x-kubernetes-list-type': listType,
    'x-always-present': _present,
    ...rest
  } = schema;
  const out: JsonObject = { ...rest };
  if (listType !== undefined) out['x-kubernetes-list-type'] = listType;
  if (out['x-kubernetes-int-or-string'] === true && out.format === 'quantity') {
    return { type: 'string', 'x-kubernetes-int-or-string': true };
  }
  if (out.format === 'micro-time') out.format = 'date-time';
  if ($ref !== undefined) {
    const name = longName($ref);
    if (schemas[name] === undefined) {
      schemas[name] = {};
      schemas[name] = published(builtinSchema($ref), schemas);
    }
    const reference = { $ref: `#/components/schemas/${name}` };
    return Object.keys(out).length === 0 ? reference : { ...out, allOf: [reference] };
  }
  if (out['x-kubernetes-preserve-unknown-fields'] === true && out.type === undefined) out.type = 'object';
  if (properties !== undefined) {
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([key, each]) => [key, published(each, schemas)]),
    );
  }
  if (items !== undefined) out.items = published(items, schemas);
  if (isObject(additionalProperties)) out.additionalProperties = published(additionalProperties as Schema, schemas);
  else if (additionalProperties !== undefined) out.additionalProperties = additionalProperties;
  return out;
}

const query = (name: string, type = 'string'): object => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const writeParameters = [query('dryRun'), query('fieldManager'), query('fieldValidation')];

function addPaths(resource: Resource, paths: JsonObject): void {
  const { group, version, kind, plural, namespaced, custom } = resource;
  const base = group === '' ? `/api/${version}` : `/apis/${apiVersionOf(resource)}`;
  const collection = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const operation = (action: string, more: object = {}): object => ({
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': action,
    [gvkKey]: { group, version, kind },
    ...more,
  });
  const body = (...types: string[]): object => ({
    requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }])) },
  });
  const patches = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
  // Merging a definition's own free-form schema by type is nothing a client could do right.
  if (!custom && group !== 'apiextensions.k8s.io') patches.push('application/strategic-merge-patch+json');
  paths[collection] = {
    get: operation('list'),
    post: operation('post', { parameters: writeParameters, ...body('application/json') }),
    delete: operation('deletecollection'),
  };
  paths[`${collection}/{name}`] = {
    get: operation('get'),
    put: operation('put', { parameters: writeParameters, ...body('application/json') }),
    patch: operation('patch', { parameters: [...writeParameters, query('force', 'boolean')], ...body(...patches) }),
    delete: operation('delete'),
  };
}
