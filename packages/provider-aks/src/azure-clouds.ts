/** One of Azure's clouds: where its Resource Manager is, who issues tokens, and what Resource Manager is called in them. */
export interface AzureCloud {
  readonly endpoint: string;
  readonly authorityHost: string;
  readonly audience: string;
}

/**
 * The clouds by the names that Azure CLI has for them (`az cloud list`). Endpoints, hosts and audiences: Microsoft's azcore for Go 1.18.0
 * (`cloud/cloud.go`, `arm/runtime/runtime.go`); the endpoints also in @azure/arm-containerservice 25.5.0, where the audience of the public
 * cloud is the one below. Germany's cloud was closed in 2021.
 */
export const azureClouds = {
  AzureCloud: {
    endpoint: 'https://management.azure.com',
    authorityHost: 'https://login.microsoftonline.com',
    audience: 'https://management.azure.com',
  },
  AzureUSGovernment: {
    endpoint: 'https://management.usgovcloudapi.net',
    authorityHost: 'https://login.microsoftonline.us',
    audience: 'https://management.core.usgovcloudapi.net',
  },
  AzureChinaCloud: {
    endpoint: 'https://management.chinacloudapi.cn',
    authorityHost: 'https://login.chinacloudapi.cn',
    audience: 'https://management.core.chinacloudapi.cn',
  },
} as const satisfies Readonly<Record<string, AzureCloud>>;

export type AzureCloudName = keyof typeof azureClouds;

/** The names that may be configured. */
export const AZURE_CLOUD_NAMES = Object.keys(azureClouds) as readonly AzureCloudName[];
