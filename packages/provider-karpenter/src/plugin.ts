import { definePlugin } from '@kaito-sdk/core';
import { IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { KarpenterProvisioner } from './karpenter-provisioner.js';
import { ownershipLabels } from './ownership.js';
import { profiles } from './profile.js';
import { type ProfileOverrides, profileOf } from './profile-of.js';

/** Settings under `config["@kaito-sdk/provider-karpenter"]`. */
class KarpenterConfig {
  /** What to do with an instance type that its cloud has retired: a cloud refuses it, a simulation may still have it. */
  @IsOptional()
  @IsIn(['refuse', 'warn'])
  retired: 'refuse' | 'warn' = 'refuse';

  /** Which Karpenter serves the claims. */
  @IsOptional()
  @IsIn(Object.keys(profiles))
  profile = 'gpu-provisioner';

  /** What is otherwise here: the name of the node class, or a group and kind that no profile has. */
  @IsOptional()
  @IsObject()
  nodeClass?: ProfileOverrides;

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
    const profile = profileOf(config.profile, config.nodeClass, config.nodeImageFamily);
    provisioner({
      name: 'karpenter',
      retired: config.retired,
      capacityTypes: profile.capacityTypes ? ['on-demand', 'spot'] : ['on-demand'],
      nodeSelector: ownershipLabels,
      connect: (cluster) => new KarpenterProvisioner(cluster, { profile }),
    });
  },
);
