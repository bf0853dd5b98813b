import type { Clock } from '../clock.js';
import { ApiError } from './api-error.js';
import { type Middleware, type Request, type Response, refusal } from './exchange.js';
import { resourcePath } from './route.js';

/** As in a ClusterRole. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What goes wrong with a request. */
export type Fault =
  /** It is served, but only after so many milliseconds of the clock. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** It is not served; this is the answer. 410 makes a client list again, 429 may say when to come back. */
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** It is served, and the connection breaks before anything of the answer's body: the client cannot know. */
  | { readonly kind: 'reset' }
  /** A watch breaks off after so many events. */
  | { readonly kind: 'cut'; readonly afterEvents: number }
  /** A watch tells each event twice. */
  | { readonly kind: 'duplicate' };

/** Which requests a fault is for: those that fit everything that is given. */
export interface FaultRule {
  readonly fault: Fault;
  readonly verbs?: readonly Verb[];
  /** Plurals, with a subresource after a slash: `pods`, `deployments/status`. */
  readonly resources?: readonly string[];
  readonly userAgent?: RegExp;
  /** How many requests it is for, one unless given; `Infinity` for all. */
  readonly count?: number;
}

/**
 * A middleware that makes requests fail: `server.middlewares.push(faults(clock, [{ … }]))`. Of the rules that fit, the first that
 * is not used up counts. Requests that are not about resources (discovery, health) pass.
 */
export function faults(clock: Clock, rules: readonly FaultRule[]): Middleware {
  const left = new Map(rules.map((rule) => [rule, rule.count ?? 1]));
  return async (request, next) => {
    const rule = rules.find((each) => (left.get(each) ?? 0) > 0 && fits(each, request));
    if (rule === undefined) return next(request);
    left.set(rule, (left.get(rule) ?? 0) - 1);
    const { fault } = rule;
    switch (fault.kind) {
      case 'delay':
        await new Promise<void>((resolve) => clock.after(fault.ms, resolve));
        return next(request);
      case 'answer': {
        const { status, reason, retryAfterSeconds } = fault;
        const extra = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
        return refusal(ApiError.of(status, reason, 'injected fault', extra));
      }
      case 'reset':
        return broken(await next(request), 0);
      case 'cut':
        return broken(await next(request), fault.afterEvents);
      case 'duplicate': {
        const response = await next(request);
        return { ...response, body: twice(response.body) };
      }
    }
  };
}

function fits({ verbs, resources, userAgent }: FaultRule, request: Request): boolean {
  const path = resourcePath(request.url.pathname);
  if (path === undefined) return false;
  const { plural, subresource } = path;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return (
    (verbs?.some((verb) => verb === verbOf(request, path.name !== undefined)) ?? true) &&
    (resources?.includes(resource) ?? true) &&
    (userAgent?.test(request.headers['user-agent'] ?? '') ?? true)
  );
}

function verbOf({ method, url }: Request, named: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
      if (['true', '1'].includes(url.searchParams.get('watch') ?? '')) return 'watch';
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

/** Each piece of a watch is one event or more; a cut comes after the piece that fills the number. */
function broken(response: Response, after: number): Response {
  async function* body(): AsyncIterable<string | Uint8Array> {
    let seen = 0;
    if (after > 0) {
      for await (const piece of response.body) {
        yield piece;
        seen += String(piece).split('\n').length - 1;
        if (seen >= after) break;
      }
    }
    throw new Error('injected fault: the connection was reset');
  }
  return { ...response, body: body() };
}

async function* twice(body: Response['body']): AsyncIterable<string | Uint8Array> {
  for await (const piece of body) {
    yield piece;
    yield piece;
  }
}
