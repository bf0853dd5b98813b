import { definePlugin } from '@kaito-sdk/core';
import { AksConfig } from './aks-config.js';
import { AksProvisioner } from './aks-provisioner.js';
import { aksSettings } from './aks-settings.js';
import { azureCluster } from './azure-cluster.js';
import { azureInstances } from './azure-instances.js';
import { ownershipLabels } from './pool-ownership.js';

export default definePlugin(
  { name: '@kaito-sdk/provider-aks', apiVersion: '1', provides: ['instances', 'provisioner'], config: AksConfig },
  ({ config, instances, provisioner }) => {
    instances(azureInstances);
    provisioner({
      name: 'aks',
      retired: config.retired,
      capacityTypes: ['on-demand', 'spot'],
      nodeSelector: ownershipLabels,
      connect: (cluster) =>
        new AksProvisioner(cluster, { ...config, azure: azureCluster(aksSettings(config, process.env)) }),
    });
  },
);
