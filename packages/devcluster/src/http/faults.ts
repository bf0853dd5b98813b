import type { Clock } from '../clock.js';
import { ApiError } from './api-error.js';
import { type Handler, type Middleware, once, type Request, type Response, refusal } from './exchange.js';
import { type Verb, verbOf } from './request-verb.js';
import { resourcePath } from './route.js';

export type { Verb } from './request-verb.js';

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
  | { readonly kind: 'duplicate' }
  /** A watch tells the second of two events before the first, which waits for it so many milliseconds of the clock at most. */
  | { readonly kind: 'reorder'; readonly withinMs: number }
  /**
   * A list, or a page of one, shows what was there so many writes ago (of any kind, as revisions are counted), as from a replica that lags. Never
   * older than the client says it may be by `resourceVersion`, nor than what the log of the server still has.
   */
  | { readonly kind: 'stale'; readonly writes: number };

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
      case 'reorder': {
        const response = await next(request);
        return { ...response, body: swapped(response.body, clock, fault.withinMs) };
      }
      case 'stale':
        return stale(request, next, fault.writes);
    }
  };
}

function fits({ verbs, resources, userAgent }: FaultRule, request: Request): boolean {
  const path = resourcePath(request.url.pathname);
  if (path === undefined) return false;
  const { plural, subresource } = path;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return (
    (verbs?.some((verb) => verb === verbOf(request.method, request.url, path.name !== undefined)) ?? true) &&
    (resources?.includes(resource) ?? true) &&
    (userAgent?.test(request.headers['user-agent'] ?? '') ?? true)
  );
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

/** Pairs of events the wrong way round. An event that stays alone is told when its time is over, or the stream. */
async function* swapped(body: Response['body'], clock: Clock, withinMs: number): Response['body'] {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const first = await pieces.next();
      if (first.done) return;
      const coming = pieces.next();
      let cancel = (): void => {};
      const alone = new Promise<'alone'>((resolve) => {
        cancel = clock.after(withinMs, () => resolve('alone'));
      });
      const second = await Promise.race([coming, alone]);
      cancel();
      if (second !== 'alone' && !second.done) yield second.value;
      yield first.value;
      if (second === 'alone') {
        const late = await coming;
        if (late.done) return;
        yield late.value;
      } else if (second.done) return;
    }
  } finally {
    await pieces.return?.();
  }
}

/** Asks for the list as it is, to learn its revision, and then for that of an earlier one. */
async function stale(request: Request, next: Handler, writes: number): Promise<Response> {
  const present = await next(request);
  let text = '';
  for await (const piece of present.body) text += typeof piece === 'string' ? piece : new TextDecoder().decode(piece);
  const asItIs: Response = { ...present, body: once(text) };
  const { searchParams } = request.url;
  const revision = Number(/"metadata":\{"resourceVersion":"(\d+)"/.exec(text)?.[1]);
  if (present.status !== 200 || Number.isNaN(revision) || searchParams.has('continue')) return asItIs;
  const oldest = Math.max(1, Number(searchParams.get('resourceVersion') ?? 0));
  const url = new URL(request.url);
  url.searchParams.set('resourceVersion', String(Math.max(oldest, revision - writes)));
  url.searchParams.set('resourceVersionMatch', 'Exact');
  try {
    return await next({ ...request, url });
  } catch (error) {
    // The log does not reach back that far.
    if (ApiError.is(error) && error.code === 410) return asItIs;
    throw error;
  }
}
