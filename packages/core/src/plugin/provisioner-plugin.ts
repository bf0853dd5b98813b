import type { Clock } from '../clock.js';
import type { KubeClient } from '../kube/client.js';
import type { Cache } from '../kube/informer.js';
import type { ProvisionerFacts } from '../plan/catalogs.js';
import type { NodeProvisioner } from './node-provisioner.js';

/** A provisioner before it has a cluster: the planner needs only its facts. */
export interface ProvisionerPlugin extends ProvisionerFacts {
  /** Called once, when the operator has a cluster. Nothing billable may happen in here. */
  connect(cluster: ConnectedCluster): NodeProvisioner;
}

export interface ConnectedCluster {
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly clock: Clock;
}
