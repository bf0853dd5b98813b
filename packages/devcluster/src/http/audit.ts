import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { microTimestamp } from '../registry/metadata.js';
import type { Middleware, Request, Response } from './exchange.js';
import { verbOf } from './request-verb.js';
import { resourcePath } from './route.js';

/** One request, in the form that the audit log of a real server has at level Metadata (`audit.k8s.io/v1`). */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: 'Metadata';
  readonly auditID: string;
  /** A watch is told of twice: when it opens, and when it ends. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete';
  readonly requestURI: string;
  /** As in a ClusterRole; for what is no resource, the method in small letters. */
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion: string;
    readonly subresource?: string;
  };
  readonly responseStatus: { readonly code: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/**
 * A middleware that tells of every request that comes as text: `server.middlewares.unshift(audit(clock, (event) => …))`. First in the list it sees
 * what clients see, faults included. What the parts of the cluster write in process does not pass here: see the write journal.
 */
export function audit(clock: Clock, tell: (event: AuditEvent) => void): Middleware {
  return async (request, next) => {
    const received = microTimestamp(clock.now());
    const about = subject(request);
    const auditID = randomUUID();
    const say = (stage: AuditEvent['stage'], code: number): void =>
      tell({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID,
        stage,
        requestURI: request.url.pathname + request.url.search,
        ...about,
        responseStatus: { code },
        requestReceivedTimestamp: received,
        stageTimestamp: microTimestamp(clock.now()),
      });
    try {
      const response = await next(request);
      if (about.verb !== 'watch' || response.status !== 200) {
        say('ResponseComplete', response.status);
        return response;
      }
      say('ResponseStarted', response.status);
      return { ...response, body: untilEnd(response.body, () => say('ResponseComplete', response.status)) };
    } catch (error) {
      say('ResponseComplete', (error as { code?: number }).code ?? 500);
      throw error;
    }
  };
}

function subject({
  method,
  url,
  user,
  headers,
}: Request): Pick<AuditEvent, 'verb' | 'user' | 'userAgent' | 'objectRef'> {
  const path = /^\/apis?\//.test(url.pathname) ? resourcePath(url.pathname) : undefined;
  const verb = path === undefined ? undefined : verbOf(method, url, path.name !== undefined);
  const userAgent = headers['user-agent'];
  return {
    verb: verb ?? method.toLowerCase(),
    user: { username: user.name, groups: user.groups },
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(path === undefined
      ? {}
      : {
          objectRef: {
            resource: path.plural,
            ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
            ...(path.name === undefined ? {} : { name: path.name }),
            ...(path.group === '' ? {} : { apiGroup: path.group }),
            apiVersion: path.version,
            ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
          },
        }),
  };
}

async function* untilEnd(body: Response['body'], ended: () => void): Response['body'] {
  try {
    yield* body;
  } finally {
    ended();
  }
}
