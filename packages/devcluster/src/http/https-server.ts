import { once as onceEvent } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-error.js';
import type { Authenticator } from './authenticator.js';
import { actingUser } from './authenticator.js';
import type { ServerCredentials } from './credentials.js';
import { type Handler, type Response, refusal, type User } from './exchange.js';
import { CONTEXT } from './kubeconfig-file.js';

/** A running HTTPS face of the server. */
export interface Listening {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  /** A kubeconfig with one context, as YAML. Its file should be readable by its owner only: it holds the token. */
  kubeconfig(): string;
  close(): Promise<void>;
}

/** What `listen` needs. */
export interface ListenOptions {
  /** `127.0.0.1` unless given. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
}

const open = /^\/(version|healthz|livez|readyz)(\/|$)/;

/** Opens the port. Everything but version and health needs a token that `authenticator` knows. */
export async function listen(
  handle: Handler,
  authenticator: Authenticator,
  { ca, certificate, key, token }: ServerCredentials,
  options: ListenOptions,
): Promise<Listening> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer(
    { cert: certificate, key, requestTimeout: 0, maxHeaderSize: 64 * 1024 },
    (incoming, outgoing) => {
      serve(handle, authenticator, incoming, outgoing).catch(() => outgoing.destroy());
    },
  );
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, host);
  await onceEvent(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    caPem: ca,
    token,
    kubeconfig: () => kubeconfigText(url, ca, token),
    async close() {
      const closed = onceEvent(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  handle: Handler,
  authenticator: Authenticator,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const controller = new AbortController();
  outgoing.on('close', () => controller.abort());
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  let url: URL;
  try {
    url = new URL(incoming.url ?? '/', 'https://localhost');
  } catch {
    await send(refusal(ApiError.badRequest('the request path is not a URL')), incoming, outgoing);
    return;
  }
  const known = authenticator.authenticate(headers.authorization);
  if (known === undefined && !open.test(url.pathname)) {
    await send(refusal(ApiError.unauthorized()), incoming, outgoing);
    return;
  }
  const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  const response = await handle({
    method: incoming.method ?? 'GET',
    url,
    headers,
    body: incoming,
    signal: controller.signal,
    user: known === undefined ? anonymous : actingUser(known, headers),
    warnings: [],
  });
  await send(response, incoming, outgoing);
}

/** Writes the response at the pace of the reader: a slow client holds up its own stream and nothing else. */
async function send(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, { 'cache-control': 'no-cache, private', ...response.headers });
  if (incoming.method === 'HEAD') {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  try {
    for await (const piece of response.body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(piece)) await drained(outgoing);
    }
    outgoing.end();
  } catch {
    // The stream broke after its head was sent: there is no way left to say so but to cut it.
    outgoing.destroy();
  }
  if (!incoming.readableEnded) incoming.resume();
}

function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}

/** None of the values needs quotes: a URL, base64, and a uid. */
function kubeconfigText(url: string, ca: string, token: string): string {
  const name = CONTEXT;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${url}
    certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
- name: ${name}
  user:
    token: ${token}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
    namespace: default
current-context: ${name}
`;
}
