export type { AgentPoolApi, AzureCluster, SizeList } from './agent-pool-api.js';
export { agentPoolBody, type PoolDefaults } from './agent-pool-body.js';
export { AksConfig } from './aks-config.js';
export { AksProvisioner, type AksProvisionerOptions } from './aks-provisioner.js';
export { type AksIdentity, type AksSettings, aksSettings } from './aks-settings.js';
export {
  ArmFailure,
  type ArmFailureFacts,
  type ArmFailureRule,
  armFailureRules,
  type Classified,
  classified,
} from './arm-failures.js';
export { type AzureCloud, type AzureCloudName, azureClouds } from './azure-clouds.js';
export { type AzureOverrides, azureCluster } from './azure-cluster.js';
export { azureInstances } from './azure-instances.js';
export { OfferedSizes } from './offered-sizes.js';
export { ownerFromLabels, ownershipLabels, poolOwner } from './pool-ownership.js';
export { poolClaim } from './pool-state.js';
export type { ListedSize } from './size-list.js';
export { SubscribedInstances, withListed } from './subscribed-instances.js';
