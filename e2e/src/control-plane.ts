import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpsTransport, RestClient, systemClock, type Transport } from '@kaito-sdk/core';
import type { AskedRequest, Verb } from '@kaito-sdk/core/testing';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { type Identity, writeIdentity, writeKubeconfig } from './identity.js';
import { type Member, ProcessGroup } from './process-group.js';
import { type Programs, programs } from './programs.js';

/** Which controllers run beside the API server. Left out: none, as in `envtest`. */
export interface ControlPlaneOptions {
  /** Deployments get pods, Services endpoints, owners' objects collected. Nodes are left alone: tests make and fill them. */
  readonly controllerManager?: boolean;
  readonly scheduler?: boolean;
  /** Writes down who asked for what: {@link ControlPlane.requests}. */
  readonly audit?: boolean;
  /** Admission plugins that are off by default. */
  readonly admission?: readonly string[];
}

/** One request that the API server has answered. */
export interface AuditedRequest extends AskedRequest {
  readonly user: string;
}

/** What a program said and how it ended. */
export interface CommandResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The controllers that tests have a use for; none that would judge simulated nodes by heartbeats they do not send. */
const CONTROLLERS = [
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'persistentvolume-binder-controller',
  'persistentvolume-protection-controller',
  'persistentvolumeclaim-protection-controller',
  'pod-garbage-collector-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
];

/**
 * A real control plane for tests: etcd and kube-apiserver, on request the controller manager and the scheduler, on loopback
 * ports nobody else uses, with everything it stores in a temporary folder.
 *
 * Not as in a production cluster: service accounts are not asked for in pods, and nodes are not tainted while they are not ready
 * (there is no node controller that would take the taint away again).
 */
export class ControlPlane {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  readonly token: string;
  /** The server's certificate and its authority, PEM. */
  readonly caFile: string;
  readonly caPem: string;
  readonly kubeconfig: string;
  /** As a member of `system:masters`. */
  readonly transport: Transport;
  readonly client: RestClient;

  private constructor(
    private readonly group: ProcessGroup,
    private readonly found: Programs,
    private server: Member,
    port: number,
    { token }: Identity,
  ) {
    this.url = `https://127.0.0.1:${port}`;
    this.token = token;
    this.caFile = join(group.folder, 'certificates', 'apiserver.crt');
    this.caPem = readFileSync(this.caFile, 'utf8');
    this.kubeconfig = join(group.folder, 'kubeconfig.json');
    writeKubeconfig(this.kubeconfig, this.url, this.caPem, token);
    this.transport = this.connect();
    this.client = new RestClient({
      transport: this.transport,
      clock: systemClock,
      random: Math.random,
      fieldManager: 'e2e',
    });
  }

  /** Resolves when every part says that it is ready. What was begun is ended again when it fails. */
  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const found = programs();
    const group = new ProcessGroup('kaito-e2e-');
    try {
      const identity = writeIdentity(group.folder);
      const [clients = 0, peers = 0, api = 0, manager = 0, scheduler = 0] = await freePorts(5);
      const endpoint = `http://127.0.0.1:${clients}`;
      group.start('etcd', found.etcd, etcdFlags(group.folder, endpoint, `http://127.0.0.1:${peers}`));
      const flags = [...serverFlags(group.folder, endpoint, api, identity), ...moreFlags(group.folder, options)];
      const server = group.start('kube-apiserver', found['kube-apiserver'], flags);
      const certificate = join(group.folder, 'certificates', 'apiserver.crt');
      await eventually(() => {
        group.check();
        if (!existsSync(certificate)) throw new Error('kube-apiserver has not made its certificate yet');
      });
      const plane = new ControlPlane(group, found, server, api, identity);
      await plane.ready(plane.transport, '/readyz');
      await plane.startControllers(options, identity, { manager, scheduler });
      return plane;
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  /** Another connection, with its own sockets; with another token it is another user. */
  connect(token = this.token): Transport {
    const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca: this.caPem } };
    const access = { server: this.url, credentials: async () => credentials };
    return new HttpsTransport({ access, clock: systemClock, userAgent: 'kaito-sdk-e2e' });
  }

  /** Runs kubectl against it, with `stdin` as its standard input. An exit code is an answer, not an error. */
  kubectl(args: readonly string[], stdin = ''): Promise<CommandResult> {
    const { folder } = this.group;
    const flags = ['--kubeconfig', this.kubeconfig, '--cache-dir', join(folder, 'kubectl-cache')];
    return new Promise((resolve, reject) => {
      const child = spawn(this.found.kubectl, [...flags, ...args], { env: { ...process.env, HOME: folder } });
      this.group.adopt(child);
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text) => {
        err += text;
      });
      // It may end without reading what it is given.
      child.stdin.on('error', () => undefined).end(stdin);
      child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, out, err }));
    });
  }

  /** Every request answered so far that was about a resource. Needs the option `audit`. */
  requests(): readonly AuditedRequest[] {
    const lines = readFileSync(auditLog(this.group.folder), 'utf8').split('\n');
    return lines.filter(Boolean).flatMap((line) => {
      const { user, verb, requestURI, objectRef: about, responseStatus } = JSON.parse(line) as AuditEvent;
      if (about?.resource === undefined) return [];
      const { apiGroup: group = '', resource, subresource, namespace, name } = about;
      const dryRun = /[?&]dryRun=/.test(requestURI);
      const status = responseStatus?.code ?? 0;
      return [{ user: user.username, verb, group, resource, subresource, namespace, name, dryRun, status }];
    });
  }

  /** Kills the API server and starts it again, on the same port and the same data. Resolves when it is ready. */
  async restartServer(): Promise<void> {
    this.server = await this.group.restart(this.server);
    await this.ready(this.transport, '/readyz');
  }

  /** Ends every part at once and removes all files. */
  async stop(): Promise<void> {
    await this.transport.close?.();
    await this.group.stop();
  }

  private async startControllers(
    options: ControlPlaneOptions,
    identity: Identity,
    ports: { readonly manager: number; readonly scheduler: number },
  ): Promise<void> {
    const { group, found, kubeconfig, caFile } = this;
    const common = (port: number): string[] => [
      ...['--kubeconfig', '--authentication-kubeconfig', '--authorization-kubeconfig'].map((f) => `${f}=${kubeconfig}`),
      '--authentication-skip-lookup',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
    ];
    if (options.controllerManager) {
      group.start('kube-controller-manager', found['kube-controller-manager'], [
        ...common(ports.manager),
        `--controllers=${CONTROLLERS.join(',')}`,
        `--service-account-private-key-file=${identity.signingKeyFile}`,
        `--root-ca-file=${caFile}`,
      ]);
      await this.ready(loopback(ports.manager), '/healthz');
    }
    if (options.scheduler) {
      group.start('kube-scheduler', found['kube-scheduler'], common(ports.scheduler));
      await this.ready(loopback(ports.scheduler), '/readyz');
    }
  }

  private async ready(transport: Transport, path: string): Promise<void> {
    await eventually(async () => {
      this.group.check();
      const { status, body } = await transport.request({ method: 'GET', path });
      let text = '';
      for await (const piece of body) text += piece;
      if (status !== 200) throw new Error(`${path} answers ${status}: ${text}`);
    });
  }
}

/** The health port of a controller, whose certificate nobody but itself has seen. */
function loopback(port: number): Transport {
  const credentials = { headers: {}, tls: { rejectUnauthorized: false } };
  const access = { server: `https://127.0.0.1:${port}`, credentials: async () => credentials };
  return new HttpsTransport({ access, clock: systemClock });
}

function etcdFlags(folder: string, clients: string, peers: string): string[] {
  return [
    '--unsafe-no-fsync',
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--log-level=warn',
  ];
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: Verb;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

const auditLog = (folder: string): string => join(folder, 'audit.log');

function moreFlags(folder: string, { audit, admission = [] }: ControlPlaneOptions): string[] {
  const flags = admission.length === 0 ? [] : [`--enable-admission-plugins=${admission.join(',')}`];
  if (audit !== true) return flags;
  const policy = join(folder, 'audit-policy.json');
  const rules = [{ level: 'Metadata', omitStages: ['RequestReceived', 'ResponseStarted'] }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  return [
    ...flags,
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${auditLog(folder)}`,
    '--audit-log-mode=blocking',
  ];
}

function serverFlags(folder: string, etcd: string, port: number, identity: Identity): string[] {
  return [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // It would try to write a loopback address into the Endpoints of `kubernetes`, and be refused for ever.
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${identity.publicKeyFile}`,
    `--service-account-signing-key-file=${identity.signingKeyFile}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${identity.tokenFile}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
  ];
}
