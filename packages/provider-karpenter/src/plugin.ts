import { definePlugin, KaitoError } from '@kaito-sdk/core';
import { IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { machineForm, nodeClaimForm } from './claim-form.js';
import { KarpenterProvisioner } from './karpenter-provisioner.js';
import { ownershipLabels } from './ownership.js';
import { type NodeClassProfile, profiles } from './profile.js';
import { type ProfileOverrides, profileOf } from './profile-of.js';
import { StaticPoolProvisioner } from './static-pool-provisioner.js';

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

  /**
   * What stands for nodes: a `NodeClaim` for each; a `NodePool` with static capacity for each Workspace, which Karpenter core from 1.8 keeps
   * filled (feature gate `StaticCapacity`); or a `Machine` for each, for gpu-provisioner 0.2.
   */
  @IsOptional()
  @IsIn(['NodeClaim', 'NodePool', 'Machine'])
  object: 'NodeClaim' | 'NodePool' | 'Machine' = 'NodeClaim';

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
    const { object } = config;
    const profile = profileOf(config.profile, config.nodeClass, config.nodeImageFamily);
    checkObject(object, profile);
    provisioner({
      name: 'karpenter',
      retired: config.retired,
      capacityTypes: profile.capacityTypes ? ['on-demand', 'spot'] : ['on-demand'],
      nodeSelector: ownershipLabels,
      connect: (cluster) =>
        object === 'NodePool'
          ? new StaticPoolProvisioner(cluster, { profile })
          : new KarpenterProvisioner(cluster, { profile, form: object === 'Machine' ? machineForm : nodeClaimForm }),
    });
  },
);

/** Only Karpenter core knows NodePools, and only gpu-provisioner ever made machines of one's own Machines. */
function checkObject(object: KarpenterConfig['object'], { name, diskRequest }: NodeClassProfile): void {
  const ofGpuProvisioner = diskRequest !== undefined;
  if (object === 'NodePool' && ofGpuProvisioner) {
    const message = `object NodePool needs a Karpenter core, and profile "${name}" is gpu-provisioner, which knows no pools: choose another profile, or object NodeClaim`;
    throw new KaitoError('OBJECT_UNFIT', message);
  }
  if (object === 'Machine' && !ofGpuProvisioner) {
    const message = `object Machine is that of gpu-provisioner 0.2: choose profile gpu-provisioner, or object NodeClaim`;
    throw new KaitoError('OBJECT_UNFIT', message);
  }
}
