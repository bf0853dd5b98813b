import type { ClusterClient } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { Authenticator, admin } from './http/authenticator.js';
import type { Backends } from './http/backends.js';
import { keptCredentials, makeCredentials, type ServerCredentials } from './http/credentials.js';
import type { Middleware, User } from './http/exchange.js';
import { ApiHandler } from './http/handler.js';
import { type Listening, type ListenOptions, listen } from './http/https-server.js';
import { InProcessTransport } from './http/in-process-transport.js';
import { CrdLifecycle } from './registry/crd-lifecycle.js';
import { type Identity, randomIdentity } from './registry/identity.js';
import { InProcessClient } from './registry/in-process-client.js';
import { builtinKinds } from './registry/kinds/all.js';
import { type Admission, Registry } from './registry/registry.js';
import { restoreSnapshot } from './registry/restore.js';
import { seedCluster } from './registry/seed.js';
import { DataDirectory } from './store/data-directory.js';
import { type Snapshot, Store } from './store/store.js';
import type { ApiTransport } from './transport.js';
import { WriteJournal } from './write-journal.js';

export type { Backends } from './http/backends.js';
export type { Handler, Middleware, Request, Response, User } from './http/exchange.js';
export type { Listening, ListenOptions } from './http/https-server.js';
export type { Identity } from './registry/identity.js';
export type { Admission, AdmissionRequest } from './registry/registry.js';
export { DataDirectoryError } from './store/data-directory.js';
export type { Snapshot } from './store/store.js';
export type { JournalEntry, WriteJournal } from './write-journal.js';

/** What an {@link ApiServer} can be told; everything has a default. */
export interface ApiServerOptions {
  /** Real time unless given. */
  readonly clock?: Clock;
  /** Real randomness unless given. */
  readonly identity?: Identity;
  /** IPv4 range of Service addresses, `10.96.0.0/16` unless given. */
  readonly serviceCidr?: string;
  /** Where pods run, for logs and the proxy paths. May be given later, through {@link ApiServer.serveFrom}. */
  readonly backends?: Backends;
  /** In-process admission: functions that see every write and may refuse it by throwing an ApiError. */
  readonly admission?: readonly Admission[];
  /** Writes of each resource kept for watches that resume, 4096 unless given. */
  readonly historyLimit?: number;
  /**
   * A directory that keeps every write, and the certificates and the token of {@link ApiServer.listen}, so that the server goes on where it was
   * after its process ended, however it ended. Left out, everything is in memory. Held until {@link ApiServer.stop}.
   */
  readonly data?: string;
  /** False for a server that cannot stream lists, as on an etcd without progress notifications. True unless given. */
  readonly streamingLists?: boolean;
}

/**
 * A Kubernetes API server in this process.
 *
 * ```ts
 * const server = new ApiServer();
 * await server.client.create({ group: '', version: 'v1', plural: 'configmaps' }, configMap);
 * const { kubeconfig, close } = await server.listen();
 * ```
 */
export class ApiServer {
  /** Requests and responses as text, without a socket. */
  readonly transport: ApiTransport;
  /** Objects in, objects out, without text. */
  readonly client: ClusterClient;
  /** Wrapped around every request that comes as text, the first one outermost. */
  readonly middlewares: Middleware[];
  /** The verbs behind both, for the parts of this package. */
  readonly registry: Registry;
  readonly #handler: ApiHandler;
  readonly #authenticator = new Authenticator();
  readonly #listening = new Set<Listening>();
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #data: DataDirectory | undefined;
  #backends: Backends | undefined;

  constructor(options: ApiServerOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#identity = options.identity ?? randomIdentity;
    this.#backends = options.backends;
    const store = new Store(options.historyLimit === undefined ? {} : { historyLimit: options.historyLimit });
    this.#data = options.data === undefined ? undefined : DataDirectory.open(options.data);
    this.#data?.attach(store);
    const around = {
      store,
      clock: this.#clock,
      identity: this.#identity,
      serviceCidr: options.serviceCidr ?? '10.96.0.0/16',
    };
    this.registry = new Registry(around, options.admission ?? []);
    for (const resource of builtinKinds) this.registry.resources.set(resource);
    new CrdLifecycle(this.registry).resume();
    seedCluster(this.registry);
    this.#handler = new ApiHandler(
      this.registry,
      this.#authenticator,
      () => this.#backends,
      options.streamingLists ?? true,
    );
    this.middlewares = this.#handler.middlewares;
    this.client = new InProcessClient(this.registry);
    this.transport = new InProcessTransport(this.#handler.handle, this.#authenticator);
  }

  /** Says where pods run, when that is known only after the server exists. */
  serveFrom(backends: Backends): void {
    this.#backends = backends;
  }

  /** Adds an admission function; the answer takes it away again. */
  admit(admission: Admission): () => void {
    return this.registry.admit(admission);
  }

  /** Lets a bearer token stand for a user. */
  allow(token: string, user: User): void {
    this.#authenticator.add(token, user);
  }

  /** Forgets the log up to the present: a watch or exact list from before is answered 410 Expired. */
  compact(): void {
    this.registry.around.store.compact(this.registry.around.store.revision);
  }

  /** A bearer token for a service account, as the kubelet projects it into pods. Undefined where there is no such account. */
  serviceAccountToken(namespace: string, name: string): string | undefined {
    const account = this.registry.around.store.get('/serviceaccounts', `${namespace}/${name}`);
    return account === undefined ? undefined : this.#authenticator.issue(account, `sa-${this.#identity.uid()}`);
  }

  /** Everything there is now, to come back to with {@link restore}. */
  snapshot(): Snapshot {
    return this.registry.around.store.snapshot();
  }

  /**
   * Brings everything back to what it was at the snapshot, here or on another server of the same kind. To every watch it looks as if somebody had
   * written it: the revision goes on, and no list and no watch has to begin again.
   */
  restore(snapshot: Snapshot): void {
    restoreSnapshot(this.registry, snapshot);
  }

  /** Begins to record writes, whoever makes them. */
  journal(): WriteJournal {
    return new WriteJournal(this.registry.around.store);
  }

  /** Opens an HTTPS port with an administrator's token. Token and certificates are fresh, or those kept in {@link ApiServerOptions.data}. */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    const credentials = await this.#credentials(options.host);
    this.#authenticator.add(credentials.token, admin);
    const listening = await listen(this.#handler.handle, this.#authenticator, credentials, options);
    this.#listening.add(listening);
    return {
      ...listening,
      close: async () => {
        if (this.#listening.delete(listening)) await listening.close();
      },
    };
  }

  /** Closes every port, and lets the data directory go. What is stored stays readable in process. */
  async stop(): Promise<void> {
    const all = [...this.#listening];
    this.#listening.clear();
    await Promise.all(all.map((each) => each.close()));
    this.#data?.close();
  }

  async #credentials(host: string | undefined): Promise<ServerCredentials> {
    const make = () => makeCredentials(this.#clock.now(), host, this.#identity.uid());
    return this.#data === undefined
      ? make()
      : keptCredentials(this.#data.file('credentials.json'), this.#clock.now(), host, make);
  }
}
