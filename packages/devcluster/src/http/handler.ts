import { Discovery } from '../discovery/discovery.js';
import { OpenApi } from '../discovery/open-api.js';
import { openApiV2 } from '../discovery/open-api-v2.js';
import type { Registry } from '../registry/registry.js';
import type { Resource } from '../registry/resource.js';
import { bindPod } from '../registry/subresources/binding.js';
import { finalizeNamespace } from '../registry/subresources/finalize.js';
import { readScale, writeScale } from '../registry/subresources/scale.js';
import { asObject } from '../store/json.js';
import { ApiError, deletedStatus } from './api-error.js';
import type { Authenticator } from './authenticator.js';
import type { Backends } from './backends.js';
import { mediaType, parseJsonText, parseYamlText, readBody, readText } from './body.js';
import { type Handler, json, type Middleware, plainText, type Request, type Response, refusal } from './exchange.js';
import { writeContext } from './parameters.js';
import { patcher } from './patch-request.js';
import { podLog } from './pod-log.js';
import { PodProxy } from './proxy.js';
import { ResourceHandler } from './resource-handler.js';
import { answerReview, reviews } from './reviews.js';
import { type ResourcePath, resourcePath } from './route.js';

/** The version this server says it is: the one whose answers it was measured against. */
export const serverVersion = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4+kaito',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'typescript',
  platform: 'node',
};

/** Everything the server answers, in process and over HTTPS alike. */
export class ApiHandler {
  /** Wrapped around every request, the first one outermost. The place for fault injection and audit. */
  readonly middlewares: Middleware[] = [];
  readonly #resources: ResourceHandler;
  readonly #proxy: PodProxy;
  readonly #discovery: Discovery;
  readonly #openApi: OpenApi;

  constructor(
    readonly registry: Registry,
    readonly authenticator: Authenticator,
    readonly backends: () => Backends | undefined,
    streamingLists: boolean,
  ) {
    this.#resources = new ResourceHandler(registry, streamingLists);
    this.#proxy = new PodProxy(registry, backends);
    this.#discovery = new Discovery(registry.resources);
    this.#openApi = new OpenApi(registry.resources);
  }

  readonly handle: Handler = async (request) => {
    const chain = this.middlewares.reduceRight<Handler>(
      (next, middleware) => (each) => middleware(each, next),
      this.#serve,
    );
    let response: Response;
    try {
      response = await chain(request);
    } catch (error) {
      response = refusal(errorOf(error));
    }
    // What has control characters is no warning, as in the real server: a header cannot hold them.
    const warnings = request.warnings.filter((text) => !/\p{Cc}/u.test(text));
    if (warnings.length === 0) return response;
    // Several warnings in one header is what the grammar of the header allows, and what clients of the real server read.
    const warning = warnings.map((text) => `299 - ${headerText(text)}`).join(', ');
    return { ...response, headers: { ...response.headers, warning } };
  };

  readonly #serve: Handler = async (request) => {
    const { pathname } = request.url;
    if (pathname === '/version') return json(200, serverVersion);
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(pathname)) return plainText(200, 'ok');
    if (pathname === '/openapi/v2') return openApiV2(request, serverVersion.gitVersion);
    if (pathname.startsWith('/openapi/v3')) return this.#openApi.answer(request);
    const known = this.#discovery.answer(request);
    if (known !== undefined) return known;
    const path = resourcePath(pathname);
    if (path === undefined || !(pathname.startsWith('/api/') || pathname.startsWith('/apis/')))
      return plainText(404, '404 page not found\n');
    return this.#resource(request, path);
  };

  async #resource(request: Request, path: ResourcePath): Promise<Response> {
    const review = reviews.find(
      (each) => each.group === path.group && each.plural === path.plural && path.version === 'v1',
    );
    if (review !== undefined) {
      if (request.method !== 'POST')
        throw ApiError.methodNotAllowed('the server does not allow this method on the requested resource');
      const { value } = await readBody(request);
      return json(201, answerReview(review, value, request.user, this.authenticator, this.registry.around.clock));
    }
    const { resources } = this.registry;
    const resource = resources.get(path.group, path.version, path.plural);
    if (resource === undefined) {
      if (!resources.versions(path.group).includes(path.version)) return plainText(404, '404 page not found\n');
      throw ApiError.noSuchResource();
    }
    // A cluster-scoped resource has no place inside a namespace, and nothing inside one has a name outside.
    if (path.namespace !== undefined && !resource.namespaced) throw ApiError.noSuchResource();
    if (path.name !== undefined && path.namespace === undefined && resource.namespaced) throw ApiError.noSuchResource();
    if (path.subresource !== undefined && path.name !== undefined) {
      const special = await this.#special(request, resource, path, path.name, path.subresource);
      if (special !== undefined) return special;
    }
    return this.#resources.handle(request, resource, path);
  }

  /** The subresources that are not a part of the object. */
  async #special(
    request: Request,
    resource: Resource,
    path: ResourcePath,
    name: string,
    subresource: string,
  ): Promise<Response | undefined> {
    const { registry } = this;
    const namespace = path.namespace ?? '';
    const core = path.group === '';
    if (subresource === 'scale' && resource.scale !== undefined) return this.#scale(request, resource, namespace, name);
    if (core && subresource === 'proxy') {
      if (path.plural === 'services') return this.#proxy.service(request, namespace, name, path.rest);
      if (path.plural === 'pods') return this.#proxy.pod(request, namespace, name, path.rest);
    }
    if (core && path.plural === 'pods') {
      if (subresource === 'log') {
        return podLog(request, registry.require(resource, namespace, name), this.backends(), registry.around.clock);
      }
      if (request.method !== 'POST') return undefined;
      const context = writeContext(request, 'CreateOptions');
      if (subresource === 'binding') {
        await bindPod(registry, resource, namespace, name, (await readBody(request)).value, context);
        return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
      }
      if (subresource === 'eviction') {
        const { object } = await registry.delete(resource, namespace, name, {}, context);
        return json(201, { ...deletedStatus(resource, name, object.metadata.uid), details: undefined, code: 201 });
      }
    }
    if (core && path.plural === 'namespaces' && subresource === 'finalize' && request.method === 'PUT') {
      const { value } = await readBody(request);
      return json(
        200,
        await finalizeNamespace(registry, resource, name, value, writeContext(request, 'UpdateOptions')),
      );
    }
    if (core && path.plural === 'serviceaccounts' && subresource === 'token' && request.method === 'POST') {
      return this.#token(request, resource, namespace, name);
    }
    return undefined;
  }

  async #scale(request: Request, resource: Resource, namespace: string, name: string): Promise<Response> {
    const { registry } = this;
    switch (request.method) {
      case 'GET':
        return json(200, readScale(registry, resource, namespace, name));
      case 'PUT': {
        const { value } = await readBody(request);
        return json(
          200,
          await writeScale(registry, resource, namespace, name, () => value, writeContext(request, 'UpdateOptions')),
        );
      }
      case 'PATCH': {
        const type = mediaType(request);
        const text = await readText(request);
        const patch = type === 'application/apply-patch+yaml' ? parseYamlText(text) : parseJsonText(text).value;
        const context = writeContext(request, 'PatchOptions', type === 'application/apply-patch+yaml');
        return json(
          200,
          await writeScale(registry, resource, namespace, name, patcher(type, undefined, patch), context),
        );
      }
      default:
        throw ApiError.methodNotAllowed('the server does not allow this method on the requested resource');
    }
  }

  async #token(request: Request, accounts: Resource, namespace: string, name: string): Promise<Response> {
    const account = this.registry.require(accounts, namespace, name);
    const { identity, clock } = this.registry.around;
    const token = this.authenticator.issue(account, `sa-${identity.uid()}`);
    const { value } = await readBody(request);
    const spec = asObject(asObject(value).spec);
    const seconds = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : 3600;
    const expires = new Date(clock.now() + seconds * 1000).toISOString();
    return json(201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace },
      spec,
      status: { token, expirationTimestamp: `${expires.slice(0, 19)}Z` },
    });
  }
}

/** A quoted string of a header. Node.js sends no letter beyond Latin-1 in one: those are escaped, which the real server does not need to. */
function headerText(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\0-\xff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Every failure as a refusal; what is nested so deep that no reader of ours gets to its end is the caller's fault. */
function errorOf(error: unknown): ApiError {
  if (ApiError.is(error)) return error;
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return ApiError.badRequest('the object is nested too deeply');
  }
  return ApiError.internal(error instanceof Error ? error.message : String(error));
}
