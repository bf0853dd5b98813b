import type { Agent } from 'node:http';
import type { Clock } from '../clock.js';
import { agentRequest } from './http/agent-request.js';
import { ConnectionPool } from './http/connection-pool.js';
import { CommonHeaders, requestText } from './http/request-text.js';
import type { Credentials, ServerAccess, TlsMaterial } from './server-access.js';
import type { KubeRequest, KubeResponse, Transport } from './transport.js';

export interface HttpsTransportOptions {
  readonly access: ServerAccess;
  readonly clock: Clock;
  /** Brings its own connections, for proxies. Left out: one pool of kept connections for each TLS identity. */
  readonly agent?: Agent;
  readonly userAgent?: string;
}

/** How long credentials are used before they are asked for again; the sources themselves know about expiry. */
const credentialsMs = 10_000;

interface Held {
  readonly credentials: Credentials;
  readonly common: CommonHeaders;
  readonly until: number;
}

/** Kubernetes over HTTP/1.1 and TLS, with credentials that may change at any time. */
export class HttpsTransport implements Transport {
  private readonly base: URL;
  private pool: ConnectionPool | undefined;
  private pooledFor: TlsMaterial | undefined;
  private held: Held | undefined;
  /** Where the server's paths begin. */
  private readonly prefix: string;

  constructor(private readonly options: HttpsTransportOptions) {
    this.base = new URL(options.access.server);
    this.prefix = this.base.pathname.replace(/\/$/, '');
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    let response: KubeResponse;
    try {
      response = await this.attempt(request, false);
    } catch (error) {
      if (!isAboutCertificates(error)) throw error;
      // The authority may have been renewed since it was read. Nothing was sent yet, so even a write can be tried again.
      return this.attempt(request, true);
    }
    if (response.status !== 401) return response;
    // The token may have been rotated since it was read. The refused answer is read to its end to free its connection.
    for await (const _ of response.body);
    return this.attempt(request, true);
  }

  async close(): Promise<void> {
    this.pool?.close();
  }

  private async attempt(request: KubeRequest, fresh: boolean): Promise<KubeResponse> {
    const { credentials, common } = this.current(fresh) ?? (await this.renewed(fresh));
    const { method, headers, body, signal, beforeLeaving } = request;
    const path = this.prefix + request.path;
    const { agent } = this.options;
    if (agent === undefined) {
      const text = requestText({ method, path, common, headers, body });
      return this.poolFor(credentials.tls).request({ method, text, signal, beforeLeaving });
    }
    signal?.throwIfAborted();
    const { hostname, port, protocol } = this.base;
    return agentRequest({
      agent,
      secure: protocol === 'https:',
      options: {
        ...credentials.tls,
        method,
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port || (protocol === 'https:' ? 443 : 80),
        path,
        headers: {
          ...common.all,
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      body,
      beforeLeaving,
    });
  }

  private current(fresh: boolean): Held | undefined {
    const { held } = this;
    return !fresh && held !== undefined && this.options.clock.now() < held.until ? held : undefined;
  }

  private async renewed(fresh: boolean): Promise<Held> {
    const { access, clock, userAgent = 'kaito-sdk' } = this.options;
    const until = clock.now() + credentialsMs;
    const credentials = await access.credentials(fresh);
    const common = new CommonHeaders({ host: this.base.host, 'user-agent': userAgent, ...credentials.headers });
    this.held = { credentials, common, until };
    return this.held;
  }

  /** A new pool when the certificates have changed; requests on the old one end in peace. */
  private poolFor(tls: TlsMaterial): ConnectionPool {
    if (this.pool === undefined || (tls !== this.pooledFor && identity(tls) !== identity(this.pooledFor))) {
      this.pool?.retire();
      this.pool = new ConnectionPool(this.base, tls);
    }
    this.pooledFor = tls;
    return this.pool;
  }
}

function identity(tls: TlsMaterial | undefined): string {
  return [tls?.ca, tls?.cert, tls?.key, tls?.servername, tls?.rejectUnauthorized].map(String).join('\n');
}

/** The codes with which OpenSSL, in Node, refuses a certificate. */
function isAboutCertificates(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /CERT|SIGNATURE|^UNABLE_TO_/.test(code);
}
