import type { Clock } from '../clock.js';
import type { KubeClient } from '../kube/client.js';
import type { Cache } from '../kube/informer.js';
import type { ProvisionerFacts } from '../plan/catalogs.js';
import type { InstanceCatalog } from './instance-catalog.js';
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
  /**
   * Throws in a process that must not act any more, because its lease is another's: to be asked right before each call that changes something
   * outside the cluster. Writes of `client` ask by themselves. @default it may
   */
  readonly mayAct?: () => void;
  /** What is known of machines that nodes only name. @default nothing: a node must say itself what it has */
  readonly instances?: () => readonly InstanceCatalog[];
}
