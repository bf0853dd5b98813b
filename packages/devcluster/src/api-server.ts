import type { ClusterClient } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { CrdLifecycle } from './registry/crd-lifecycle.js';
import { type Identity, randomIdentity } from './registry/identity.js';
import { InProcessClient } from './registry/in-process-client.js';
import { builtinKinds } from './registry/kinds/all.js';
import { type Admission, Registry } from './registry/registry.js';
import { seedCluster } from './registry/seed.js';
import { Store } from './store/store.js';

/** What an {@link ApiServer} can be told; everything has a default. */
export interface ApiServerOptions {
  /** Real time unless given. */
  readonly clock?: Clock;
  /** Real randomness unless given. */
  readonly identity?: Identity;
  /** IPv4 range of Service addresses, `10.96.0.0/16` unless given. */
  readonly serviceCidr?: string;
  /** In-process admission: functions that see every write and may refuse it by throwing an ApiError. */
  readonly admission?: readonly Admission[];
}

/** A Kubernetes API server in this process. */
export class ApiServer {
  readonly registry: Registry;
  readonly client: ClusterClient;

  constructor(options: ApiServerOptions = {}) {
    const around = {
      store: new Store(),
      clock: options.clock ?? systemClock,
      identity: options.identity ?? randomIdentity,
      serviceCidr: options.serviceCidr ?? '10.96.0.0/16',
    };
    this.registry = new Registry(around, options.admission ?? []);
    for (const resource of builtinKinds) this.registry.resources.set(resource);
    new CrdLifecycle(this.registry);
    seedCluster(this.registry);
    this.client = new InProcessClient(this.registry);
  }
}
