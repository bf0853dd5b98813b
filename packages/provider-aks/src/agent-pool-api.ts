import type { AgentPool } from '@azure/arm-containerservice';
import type { ListedSize } from './size-list.js';

/**
 * What is asked of Azure about the agent pools of one cluster. No call waits for a long-running operation: what became of one is read
 * from `provisioningState` later, so that a restart forgets nothing. Every failure is an {@link ArmFailure}.
 */
export interface AgentPoolApi {
  /** Undefined when there is no such pool. */
  get(name: string): Promise<AgentPool | undefined>;
  list(): Promise<readonly AgentPool[]>;
  /** Resolves when Azure has taken the request. Refused when the pool exists, whatever it looks like. */
  create(name: string, pool: AgentPool): Promise<void>;
  /** Resolves when Azure has taken the request, with false when there is no such pool. */
  delete(name: string): Promise<boolean>;
  /** Ends the operation that is running on the pool, so that another one is possible. */
  abort(name: string): Promise<void>;
}

/** The subscription's own list of machine sizes. */
export interface SizeList {
  /** The sizes of the cluster's region by name, in lower case; throws when it may not be read. */
  list(): Promise<ReadonlyMap<string, ListedSize>>;
}

/** One cluster in Azure, as far as this package needs it. */
export interface AzureCluster {
  readonly pools: AgentPoolApi;
  readonly sizes: SizeList;
}
