import { hostname } from 'node:os';
import {
  admissionPolicyOf,
  type Clock,
  type HealthServer,
  type Log,
  Metrics,
  plan,
  RestClient,
  serveHealth,
  type Transport,
  type Workspace,
} from '@kaito-sdk/core';
import type { OperatorConfig } from './config/operator-config.js';
import { withWorkspaceDefaults } from './config/workspace-defaults.js';
import { kaitoOperator, OPERATOR_NAME } from './kaito-operator.js';
import { checkLiveCrd } from './live-crd.js';
import type { Installed } from './plugins.js';
import { openTelemetry } from './tracing.js';
import { defaultWorkspaces, validateWorkspaces } from './webhook/admission-review.js';
import { useCertificateFiles } from './webhook/certificate-files.js';
import { CertificateKeeper } from './webhook/certificate-keeper.js';
import { WebhookServer } from './webhook/webhook-server.js';

/** KAITO's own operator leads under this Lease: two operators for one API would fight over every object. */
const KAITO_LEASE = 'ef60f9b0.io';

/** Where the API server asks; the first is KAITO's own path. */
export const WEBHOOK_PATHS = {
  validate: '/validate/workspace.kaito.sh',
  default: '/default/workspace.kaito.sh',
} as const;

export interface ServeProps {
  readonly config: OperatorConfig;
  readonly installed: Installed;
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called once it has started. */
  readonly started?: () => void;
}

/** The operator as a process: controllers, lease, webhooks, health, metrics and traces, until the signal. Rejects with what made it fail. */
export async function serveOperator(props: ServeProps): Promise<void> {
  const { config, installed, transport, clock, random, log, signal } = props;
  const { namespace, leases, defaults, prePull } = config;
  const metrics = new Metrics();
  const direct = new RestClient({ transport, clock, random, fieldManager: OPERATOR_NAME });
  await checkLiveCrd(direct);
  const tracing = await openTelemetry(config.tracing);
  const operator = kaitoOperator({
    installed,
    transport,
    clock,
    random,
    log,
    metrics,
    defaults,
    ...(tracing === undefined ? {} : { tracer: tracing.tracer }),
    ...(leases === undefined ? {} : { leases }),
    prePull,
    ...(config.leaderElection ? { leaderElection: leaderElection(namespace) } : {}),
  });
  const ended = new AbortController();
  let webhooks: WebhookServer | undefined;
  let health: HealthServer | undefined;
  try {
    if (config.webhooks.enabled) webhooks = await serveWebhooks(props, direct, metrics, ended.signal);
    const hooked = webhooks;
    if (config.http.enabled) {
      health = await serveHealth({
        metrics,
        live: () => operator.live(),
        ready: () => [...operator.ready(), ...(hooked === undefined ? [] : [hooked.ready()])],
        port: config.http.port,
        ...(config.http.host === undefined ? {} : { host: config.http.host }),
      });
      log.info('serving health and metrics', { port: health.port });
    }
    await operator.start({ signal });
    props.started?.();
    const failure = await operator.stopped;
    if (failure) throw failure;
  } finally {
    ended.abort();
    await Promise.all([webhooks?.close(), health?.close(), tracing?.close()]);
  }
}

async function serveWebhooks(
  { config, installed, clock, log }: ServeProps,
  client: RestClient,
  metrics: Metrics,
  signal: AbortSignal,
): Promise<WebhookServer> {
  const { webhooks: settings, namespace, defaults } = config;
  const server = new WebhookServer({
    admissions: {
      [WEBHOOK_PATHS.validate]: validateWorkspaces(
        (workspace) => doubts(withWorkspaceDefaults(workspace, defaults), installed),
        admissionPolicyOf(installed.catalogs()),
      ),
      [WEBHOOK_PATHS.default]: defaultWorkspaces(defaults),
    },
    clock,
    log,
    metrics,
  });
  const port = await server.listen(settings.port, settings.host);
  log.info('serving webhooks', { port });
  const use = server.use.bind(server);
  try {
    if (settings.certificates === 'files') await useCertificateFiles(settings.directory, { clock, log, signal, use });
    else new CertificateKeeper({ ...settings, client, clock, log, namespace, use }).run(signal);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** Why no node would be claimed, as the planner says it. */
function doubts(workspace: object, installed: Installed): readonly string[] {
  const decision = plan(workspace as Workspace, installed.catalogs());
  return decision.feasible ? [] : [`nothing will be started: ${decision.message}`];
}

function leaderElection(namespace: string) {
  return {
    namespace,
    name: OPERATOR_NAME,
    identity: `${hostname()}_${process.pid}`,
    standAsideFor: [KAITO_LEASE],
  };
}
