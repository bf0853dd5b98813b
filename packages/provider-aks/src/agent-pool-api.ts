import type { AgentPool } from '@azure/arm-containerservice';

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
  /** Names of the sizes that the subscription may use in the cluster's region, in lower case; throws when it may not read the list. */
  list(): Promise<ReadonlySet<string>>;
}

/** One cluster in Azure, as far as this package needs it. */
export interface AzureCluster {
  readonly pools: AgentPoolApi;
  readonly sizes: SizeList;
}
