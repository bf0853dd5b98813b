import { definePlugin } from '@kaito-sdk/core';
import { AksConfig } from './aks-config.js';
import { AksProvisioner } from './aks-provisioner.js';
import { aksSettings } from './aks-settings.js';
import { azureCluster } from './azure-cluster.js';
import { OfferedSizes } from './offered-sizes.js';
import { ownershipLabels } from './pool-ownership.js';
import { SubscribedInstances } from './subscribed-instances.js';

export default definePlugin(
  { name: '@kaito-sdk/provider-aks', apiVersion: '1', provides: ['instances', 'provisioner'], config: AksConfig },
  ({ config, instances, provisioner }) => {
    const catalog = new SubscribedInstances();
    instances(catalog);
    provisioner({
      name: 'aks',
      retired: config.retired,
      capacityTypes: ['on-demand', 'spot'],
      nodeSelector: ownershipLabels,
      connect: (cluster) => {
        const azure = azureCluster(aksSettings(config, process.env));
        const sizes = new OfferedSizes(azure.sizes, cluster.clock);
        catalog.follow(sizes);
        return new AksProvisioner(cluster, { ...config, azure, sizes });
      },
    });
  },
);
