import type { Server } from 'node:http';
import { nodeHttp } from '../kube/http/node-http.js';
import type { Metrics } from './metrics.js';
import type { HealthCheck } from './operator.js';

export interface HealthOptions {
  readonly metrics: Metrics;
  readonly live: () => readonly HealthCheck[];
  readonly ready: () => readonly HealthCheck[];
  /** 0 takes a free port. */
  readonly port: number;
  /** @default all interfaces, for probes come from the kubelet */
  readonly host?: string;
}

/** A running health server. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/healthz`, `/readyz` (200 or 503, one line a check, as the API server words them) and `/metrics`. An edge: opens a socket. */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = nodeHttp().createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') {
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(options.metrics.expose());
    } else if (path === '/healthz' || path === '/livez' || path === '/readyz') {
      const checks = path === '/readyz' ? options.ready() : options.live();
      response.writeHead(checks.every(({ ok }) => ok) ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(checks.map(line).join(''));
    } else {
      response.writeHead(404).end('try /healthz, /readyz or /metrics\n');
    }
  });
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function line({ name, ok, message }: HealthCheck): string {
  return ok ? `[+]${name} ok\n` : `[-]${name} failed: ${message ?? 'no reason given'}\n`;
}

function listen(server: Server, { port, host }: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
