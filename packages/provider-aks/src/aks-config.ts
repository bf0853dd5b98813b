import { IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { AZURE_CLOUD_NAMES, type AzureCloudName } from './azure-clouds.js';

/**
 * Settings under `config["@kaito-sdk/provider-aks"]`. The names of cluster and identity may come from the environment instead, under
 * the variables of gpu-provisioner and of AKS workload identity.
 */
export class AksConfig {
  /** @default `ARM_SUBSCRIPTION_ID` or `AZURE_SUBSCRIPTION_ID` */
  @IsOptional()
  @IsString()
  subscriptionId?: string;

  /** Resource group of the cluster itself, not the one of its nodes. @default `ARM_RESOURCE_GROUP` */
  @IsOptional()
  @IsString()
  resourceGroup?: string;

  /** @default `AZURE_CLUSTER_NAME` */
  @IsOptional()
  @IsString()
  clusterName?: string;

  /** Region of the cluster: whose list of sizes counts. @default `LOCATION`; without it the list is not asked for */
  @IsOptional()
  @IsString()
  location?: string;

  /** @default `AZURE_TENANT_ID` */
  @IsOptional()
  @IsString()
  tenantId?: string;

  /** Of the managed identity. @default `AZURE_CLIENT_ID` */
  @IsOptional()
  @IsString()
  clientId?: string;

  /** File with the projected service account token. @default `AZURE_FEDERATED_TOKEN_FILE` */
  @IsOptional()
  @IsString()
  federatedTokenFile?: string;

  /** Which of Azure's clouds: its Resource Manager, issuer of tokens and audience. @default `AZURE_ENVIRONMENT`, else `AzureCloud` */
  @IsOptional()
  @IsIn(AZURE_CLOUD_NAMES)
  cloud?: AzureCloudName;

  /** Resource Manager at another address: a private one, or that of a cloud not named above. @default that of the cloud */
  @IsOptional()
  @IsString()
  endpoint?: string;

  /** What tokens are asked for, without `/.default`. @default that of the cloud whose endpoint it is, else the endpoint */
  @IsOptional()
  @IsString()
  audience?: string;

  /** Who issues tokens. @default that of {@link AksConfig.cloud}, else `AZURE_AUTHORITY_HOST`, else that of the endpoint's cloud */
  @IsOptional()
  @IsString()
  authorityHost?: string;

  /** PEM file with authorities to trust besides Node's own: for a proxy that looks into TLS. Proxies come from `HTTPS_PROXY`. */
  @IsOptional()
  @IsString()
  caFile?: string;

  /** What to do with an instance type that Azure has retired: Azure refuses it, a simulation may still have it. */
  @IsIn(['refuse', 'warn'])
  retired: 'refuse' | 'warn' = 'refuse';

  /** OS image family of new nodes. */
  @IsIn(['ubuntu', 'azurelinux'])
  nodeImageFamily: 'ubuntu' | 'azurelinux' = 'ubuntu';

  /** `none` when a GPU operator in the cluster installs the driver. */
  @IsIn(['install', 'none'])
  gpuDriver: 'install' | 'none' = 'install';

  /** Subnet of the nodes: the full resource id. @default the subnet of the cluster */
  @IsOptional()
  @IsString()
  vnetSubnetId?: string;

  /** Azure tags of every pool, for those who pay. */
  @IsObject()
  tags: Record<string, string> = {};

  /** Pools of the cluster that may be created at once; AKS refuses more than it can do at a time. */
  @IsInt()
  @Min(1)
  @Max(20)
  maxOperations = 3;

  /**
   * What to do when gpu-provisioner runs in the same cluster. Its collector deletes agent pools that carry a KAITO label and
   * `karpenter.sh/nodepool` and have no NodeClaim. Ours never carry the latter, which spares them from 0.4.3; no other version was looked at.
   */
  @IsIn(['refuse', 'allow'])
  besideGpuProvisioner: 'refuse' | 'allow' = 'refuse';
}
