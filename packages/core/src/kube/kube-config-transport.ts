import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.js';
import { HttpsTransport } from './https-transport.js';
import { inClusterAccess } from './in-cluster-access.js';
import { kubeErrors } from './kube-errors.js';
import type { Credentials, ServerAccess, TlsMaterial } from './server-access.js';
import type { Transport } from './transport.js';

/** Which cluster to talk to, and as whom. */
export interface ConnectOptions {
  readonly clock: Clock;
  /** Path of a kubeconfig. @default `KUBECONFIG`, the pod's own identity, or `~/.kube/config`, in this order */
  readonly kubeconfig?: string;
  /** @default the current one */
  readonly context?: string;
  readonly userAgent?: string;
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Connects to the cluster that the environment points at. An edge: reads files and the environment, opens sockets.
 *
 * client-node is loaded only where a kubeconfig has to be understood, and by its front door: its configuration module
 * alone pulls in every generated model (88 MB either way, measured), so reaching into its folders would save nothing and
 * bind us to its layout.
 */
export async function connect(options: ConnectOptions): Promise<Transport> {
  const { clock, userAgent } = options;
  const pod = podAccess(options);
  if (pod !== undefined)
    return new HttpsTransport({ access: pod, clock, ...(userAgent === undefined ? {} : { userAgent }) });
  const config = await loadConfig(options);
  return kubeConfigTransport(config, { clock, ...(userAgent === undefined ? {} : { userAgent }) });
}

/** Where the cluster is that the environment points at, and who we are there: what a lease thread connects with. */
export async function serverAccess(options: Omit<ConnectOptions, 'clock' | 'userAgent'> = {}): Promise<ServerAccess> {
  return podAccess(options) ?? kubeConfigAccess(await loadConfig(options)).access;
}

/** The namespace that requests are for where none is named, as with kubectl: that of the context. @default `default` */
export async function namespaceOf(options: Omit<ConnectOptions, 'clock' | 'userAgent'> = {}): Promise<string> {
  if (podAccess(options) !== undefined) return 'default';
  const config = await loadConfig(options);
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
}

function podAccess({ kubeconfig, context, environment = process.env }: AccessOptions): ServerAccess | undefined {
  const named = kubeconfig ?? (environment.KUBECONFIG || undefined);
  return named === undefined && context === undefined ? inClusterAccess(environment) : undefined;
}

type AccessOptions = Pick<ConnectOptions, 'kubeconfig' | 'context' | 'environment'>;

async function loadConfig(options: AccessOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (error) {
    const { kubeconfig, environment = process.env } = options;
    const where = kubeconfig ?? environment.KUBECONFIG ?? '~/.kube/config';
    throw kubeErrors.KUBECONFIG_UNREADABLE(where, error instanceof Error ? error.message : String(error));
  }
  if (isMadeUp(config, options)) throw kubeErrors.KUBECONFIG_MISSING();
  if (options.context !== undefined) config.setCurrentContext(options.context);
  return config;
}

/** Where nothing says which cluster, client-node goes on with one on this machine without TLS, which nobody meant. */
function isMadeUp(config: KubeConfig, { kubeconfig, environment = process.env }: AccessOptions): boolean {
  return kubeconfig === undefined && !environment.KUBECONFIG && config.getCurrentCluster()?.server === MADE_UP;
}

const MADE_UP = 'http://localhost:8080';

/** Talks to the current context of a `KubeConfig`: certificates, tokens, exec plugins, OIDC and proxies are its business. */
export function kubeConfigTransport(
  config: KubeConfig,
  options: { readonly clock: Clock; readonly userAgent?: string },
): Transport {
  const { access, agent, proxied } = kubeConfigAccess(config);
  const plain = { access, ...options };
  if (!proxied) return new HttpsTransport(plain);
  // The proxy's agent is known only after the first look at the credentials.
  let transport: Promise<HttpsTransport> | undefined;
  const open = async (): Promise<HttpsTransport> => {
    await access.credentials(false);
    const through = agent();
    return new HttpsTransport({ ...plain, ...(through === undefined ? {} : { agent: through }) });
  };
  return {
    async request(request) {
      transport ??= open();
      return (await transport).request(request);
    },
    async close() {
      agent()?.destroy();
    },
  };
}

interface KubeConfigAccess {
  readonly access: ServerAccess;
  readonly proxied: boolean;
  /** Of the proxy, once the credentials have been read. */
  readonly agent: () => Agent | undefined;
}

function kubeConfigAccess(config: KubeConfig): KubeConfigAccess {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw kubeErrors.CONTEXT_UNKNOWN(config.getCurrentContext() ?? '', known);
  }
  let proxied: Agent | undefined;
  const access: ServerAccess = {
    server: cluster.server,
    async credentials() {
      const applied: RequestOptions = {};
      await config.applyToHTTPSOptions(applied);
      if (cluster.proxyUrl !== undefined && applied.agent instanceof Object) proxied ??= keptAlive(applied.agent);
      return credentialsOf(applied);
    },
  };
  return { access, proxied: cluster.proxyUrl !== undefined, agent: () => proxied };
}

/** client-node makes agents that close after each request. */
function keptAlive(agent: Agent): Agent {
  return Object.assign(agent, { keepAlive: true, maxFreeSockets: 32 });
}

function credentialsOf(applied: RequestOptions): Credentials {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(applied.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  if (typeof applied.auth === 'string')
    headers.authorization ??= `Basic ${Buffer.from(applied.auth).toString('base64')}`;
  return { headers, tls: tlsOf(applied) };
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsMaterial {
  return {
    ...(isMaterial(ca) ? { ca } : {}),
    ...(isMaterial(cert) ? { cert } : {}),
    ...(isMaterial(key) ? { key } : {}),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function isMaterial(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}
