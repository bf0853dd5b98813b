// Loaded at its first request otherwise, in real time, for which a virtual clock does not wait.
import '@azure/arm-containerservice';
import type { AzureCluster } from '../agent-pool-api.js';
import type { AksSettings } from '../aks-settings.js';
import { azureCluster } from '../azure-cluster.js';
import { type ArmHandler, type Around, armHttpClient, simulatedCredential } from './arm-http-client.js';

/** A simulated Resource Manager, with the names of what is in it. */
export interface SimulatedAzure extends ArmHandler {
  readonly cluster: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string };
  readonly location: string;
}

export interface SimulatedAzureOptions {
  readonly around?: Around;
  readonly settings?: Partial<AksSettings>;
  /** Told whenever a call begins (1) and ends (-1): time must not move on while an answer is on its way through the SDK. */
  readonly calls?: (change: 1 | -1) => void;
}

/** One AKS cluster on a simulated Resource Manager, through the real Azure SDK, without a socket. */
export function simulatedAzure(arm: SimulatedAzure, options: SimulatedAzureOptions = {}): AzureCluster {
  const { around, settings, calls = () => undefined } = options;
  const { subscriptionId, resourceGroup, name: clusterName } = arm.cluster;
  const { pools, sizes } = azureCluster(
    {
      subscriptionId,
      resourceGroup,
      clusterName,
      location: arm.location,
      endpoint: 'https://management.simulated.example',
      identity: {},
      ...settings,
    },
    { credential: simulatedCredential, httpClient: armHttpClient(arm, around) },
  );
  const counted =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      calls(1);
      try {
        return await call(...args);
      } finally {
        calls(-1);
      }
    };
  return {
    pools: {
      get: counted(pools.get),
      list: counted(pools.list),
      create: counted(pools.create),
      delete: counted(pools.delete),
      abort: counted(pools.abort),
    },
    sizes: { list: counted(sizes.list) },
  };
}
