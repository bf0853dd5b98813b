import { definePlugin } from '@kaito-sdk/core';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { KarpenterProvisioner } from './karpenter-provisioner.js';
import { ownershipLabels } from './ownership.js';
import { gpuProvisioner } from './profile.js';

/** Settings under `config["@kaito-sdk/provider-karpenter"]`. */
class KarpenterConfig {
  /** What to do with an instance type that its cloud has retired: a cloud refuses it, a simulation may still have it. */
  @IsOptional()
  @IsIn(['refuse', 'warn'])
  retired: 'refuse' | 'warn' = 'refuse';

  /** OS image family of new nodes: gpu-provisioner knows `ubuntu` and `azurelinux`. */
  @IsOptional()
  @IsString()
  @IsIn(['ubuntu', 'azurelinux'])
  nodeImageFamily: 'ubuntu' | 'azurelinux' = 'ubuntu';
}

export default definePlugin(
  {
    name: '@kaito-sdk/provider-karpenter',
    apiVersion: '1',
    provides: ['provisioner'],
    requires: ['instances'],
    config: KarpenterConfig,
  },
  ({ config, provisioner }) => {
    const annotations = { ...gpuProvisioner.annotations, 'kaito.sh/node-image-family': config.nodeImageFamily };
    provisioner({
      name: 'karpenter',
      retired: config.retired,
      nodeSelector: ownershipLabels,
      connect: (cluster) => new KarpenterProvisioner(cluster, { profile: { ...gpuProvisioner, annotations } }),
    });
  },
);
