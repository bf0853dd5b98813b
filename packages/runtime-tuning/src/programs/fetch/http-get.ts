import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { whyPrivate } from '@kaito-sdk/core';
import { withoutQuery } from '../../planned-tuning.js';
import { Failure } from '../failure.js';
import { guardedLookup, PrivateAddress } from './guarded-lookup.js';

/** How data is asked for. */
export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether addresses of the cluster, the machine and the cloud's metadata may be asked. */
  readonly private: boolean;
  /** A connection on which nothing comes for so long is given up. */
  readonly idleMs: number;
}

/** An answer, its redirects followed. */
export interface Got {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: IncomingMessage['headers'];
  /** SHA-256 that the hub announced on the way, 64 hex digits. */
  readonly announced?: string;
  readonly body: IncomingMessage;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;

/**
 * GET with every step of the way checked: each redirect's scheme and address, no way from https back to http, and a user and password of
 * the address only for its own origin.
 *
 * @throws Failure, final, where the way leads somewhere forbidden; whatever the socket says otherwise
 */
export async function get(address: string, options: GetOptions): Promise<Got> {
  const first = new URL(address);
  const { username, password } = first;
  let announced: string | undefined;
  let url = first;
  for (let step = 0; step <= MOST_REDIRECTS; step++) {
    check(url, first, options);
    const own = username !== '' && url.origin === first.origin;
    const auth = own ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` } : {};
    const body = await once(bare(url), { ...options, ...auth });
    const status = body.statusCode ?? 0;
    announced ??= /^"([0-9a-f]{64})"$/.exec(String(body.headers['x-linked-etag'] ?? ''))?.[1];
    const { location } = body.headers;
    if (!REDIRECTS.has(status) || location === undefined) {
      return { status, headers: body.headers, ...(announced === undefined ? {} : { announced }), body };
    }
    body.destroy();
    if (!URL.canParse(location, url.href))
      throw new Failure('REDIRECT_REFUSED', `${withoutQuery(address)} redirects to no address`);
    url = new URL(location, url);
  }
  throw new Failure('REDIRECT_REFUSED', `${withoutQuery(address)} redirects more than ${MOST_REDIRECTS} times`);
}

function check(url: URL, first: URL, options: GetOptions): void {
  const from = withoutQuery(first.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('REDIRECT_REFUSED', `${from} redirects to ${url.protocol}, and only http and https are followed`);
  }
  if (first.protocol === 'https:' && url.protocol === 'http:') {
    throw new Failure(
      'REDIRECT_REFUSED',
      `${from} redirects from https to http (${url.host}): anybody on the way could change the data`,
    );
  }
  const why = options.private ? undefined : whyPrivate(url.hostname);
  if (why !== undefined) throw forbidden(from, why);
}

function forbidden(from: string, why: string): Failure {
  const message = `${from} is not fetched: ${why}. Serve the data at a public address, or let the operator's configuration allow private ones`;
  return new Failure('ADDRESS_FORBIDDEN', message);
}

/** Node would send the user and password of an address by itself. */
function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}

function once(url: URL, options: GetOptions & { readonly auth?: string }): Promise<IncomingMessage> {
  const { auth, headers, idleMs } = options;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'kaito-sdk', ...headers },
      agent: false,
      timeout: idleMs,
      ...(options.private ? {} : { lookup: guardedLookup }),
      ...(auth === undefined ? {} : { auth }),
    });
    request.on('response', resolve);
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
    request.on('error', (error) =>
      reject(error instanceof PrivateAddress ? forbidden(withoutQuery(url.href), error.message) : error),
    );
    request.end();
  });
}
