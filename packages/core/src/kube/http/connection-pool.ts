import { connect, isIP, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, connect as secureConnect, type TLSSocket } from 'node:tls';
import type { TlsMaterial } from '../server-access.js';
import type { KubeResponse } from '../transport.js';
import { HttpConnection, StaleConnection, type WireRequest } from './connection.js';

/** Shorter than load balancers and the API server (90 s and more) keep theirs, so that we are the ones who close. */
const idleMs = 60_000;
const mostIdle = 32;

/**
 * Connections to one server under one identity, kept for the next request. An edge: opens sockets.
 *
 * Its own, over `node:tls`, and not `node:http` or undici: for the same write of 400 bytes to kube-apiserver 1.34.4 over 16
 * connections it took 100 µs of CPU, beside 215 with `node:https`, 220 with undici's `dispatch` and 190 with `node:http2`.
 */
export class ConnectionPool {
  private readonly idle: HttpConnection[] = [];
  private readonly open = new Set<HttpConnection>();
  private readonly context: SecureContext | undefined;
  /** Of the latest connection: the next ones need no look at the certificate. */
  private session: Buffer | undefined;
  private retired = false;

  constructor(
    private readonly base: URL,
    private readonly tls: TlsMaterial,
  ) {
    this.context = base.protocol === 'https:' ? createSecureContext(tls) : undefined;
  }

  async request(request: WireRequest): Promise<KubeResponse> {
    const kept = this.idle.pop();
    if (kept !== undefined) {
      try {
        return await kept.send(request);
      } catch (error) {
        // The server closed it just as we took it. A read can simply be sent again.
        if (request.method !== 'GET' || !(error instanceof StaleConnection)) throw error;
      }
    }
    return (await this.connect(request.signal)).send(request);
  }

  /** Takes no more requests; those under way end in peace. */
  retire(): void {
    this.retired = true;
    for (const connection of [...this.idle]) connection.close(undefined);
  }

  /** Ends everything, requests under way too. */
  close(): void {
    this.retired = true;
    for (const connection of [...this.open]) connection.close(new Error('the transport was closed'));
  }

  private connect(signal: AbortSignal | undefined): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const socket = this.dial();
      const connection = new HttpConnection(
        socket,
        {
          free: (one) => {
            if (this.retired || this.idle.length >= mostIdle) one.close(undefined);
            else this.idle.push(one);
          },
          gone: (one) => {
            this.open.delete(one);
            const at = this.idle.indexOf(one);
            if (at >= 0) this.idle.splice(at, 1);
          },
        },
        idleMs,
      );
      this.open.add(connection);
      const onAbort = (): void => {
        connection.close(undefined);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      socket.once('error', (error) => {
        settled();
        reject(error);
      });
      // Of `close`, which also comes without an error when the pool is closed meanwhile, only the first to come counts.
      socket.once('close', () => {
        settled();
        reject(new Error('the connection was closed before it was there'));
      });
      socket.once(this.context === undefined ? 'connect' : 'secureConnect', () => {
        settled();
        resolve(connection);
      });
    });
  }

  private dial(): Socket {
    const { base, context } = this;
    const host = base.hostname.replace(/^\[|\]$/g, '');
    const port = Number(base.port || (base.protocol === 'https:' ? 443 : 80));
    if (context === undefined) return prepared(connect({ host, port }));
    const { servername = isIP(host) === 0 ? host : undefined, rejectUnauthorized } = this.tls;
    const socket: TLSSocket = secureConnect({
      host,
      port,
      secureContext: context,
      ALPNProtocols: ['http/1.1'],
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(this.session === undefined ? {} : { session: this.session }),
    });
    socket.on('session', (session) => {
      this.session = session;
    });
    return prepared(socket);
  }
}

/** Notices a peer that is gone, and never waits for more to send along. */
function prepared<S extends Socket>(socket: S): S {
  socket.setKeepAlive(true, 30_000);
  socket.setNoDelay(true);
  return socket;
}
