import type { AksConfig } from './aks-config.js';
import { AZURE_CLOUD_NAMES, type AzureCloud, azureClouds } from './azure-clouds.js';
import { aksErrors } from './errors.js';

/** The configuration with what the environment adds: complete, or an error that says what is missing. */
export interface AksSettings {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly clusterName: string;
  readonly location?: string;
  readonly endpoint: string;
  /** What tokens are asked for. @default the endpoint */
  readonly audience?: string;
  readonly identity: AksIdentity;
  readonly caFile?: string;
}

export interface AksIdentity {
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly federatedTokenFile?: string;
  readonly authorityHost?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The names of `go-autorest`, which other programs of Azure read from `AZURE_ENVIRONMENT`, where they are not those of Azure CLI. */
const ALIASES: Readonly<Record<string, string>> = {
  azurepubliccloud: 'AzureCloud',
  azureusgovernmentcloud: 'AzureUSGovernment',
};

/** Reads settings from configuration first, then from the environment. @throws AKS_SETTING_MISSING, naming both places */
export function aksSettings(config: AksConfig, environment: Environment): AksSettings {
  const from = (...variables: readonly string[]) =>
    variables.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== '');
  const needed = (setting: 'subscriptionId' | 'resourceGroup' | 'clusterName', ...variables: readonly string[]) => {
    const value = config[setting] ?? from(...variables);
    if (value === undefined) throw aksErrors.AKS_SETTING_MISSING(setting, variables.join(' or '));
    return value;
  };
  const location = config.location ?? from('LOCATION');
  const named = config.cloud === undefined ? cloudNamed(from('AZURE_ENVIRONMENT')) : azureClouds[config.cloud];
  const endpoint = (config.endpoint ?? from('ARM_ENDPOINT') ?? (named ?? azureClouds.AzureCloud).endpoint).replace(
    /\/+$/,
    '',
  );
  // Whoever gives only an endpoint means the cloud that has it.
  const cloud: AzureCloud | undefined = Object.values(azureClouds).find((one) => one.endpoint === endpoint);
  const issuer =
    config.authorityHost ??
    (config.cloud === undefined ? undefined : azureClouds[config.cloud].authorityHost) ??
    from('AZURE_AUTHORITY_HOST') ??
    named?.authorityHost ??
    cloud?.authorityHost;
  return {
    subscriptionId: needed('subscriptionId', 'ARM_SUBSCRIPTION_ID', 'AZURE_SUBSCRIPTION_ID'),
    resourceGroup: needed('resourceGroup', 'ARM_RESOURCE_GROUP'),
    clusterName: needed('clusterName', 'AZURE_CLUSTER_NAME'),
    endpoint,
    audience: (config.audience ?? cloud?.audience ?? endpoint).replace(/\/+$/, ''),
    ...(location === undefined ? {} : { location: location.toLowerCase().replaceAll(' ', '') }),
    ...(config.caFile === undefined ? {} : { caFile: config.caFile }),
    identity: defined({
      tenantId: config.tenantId ?? from('AZURE_TENANT_ID'),
      clientId: config.clientId ?? from('AZURE_CLIENT_ID'),
      federatedTokenFile: config.federatedTokenFile ?? from('AZURE_FEDERATED_TOKEN_FILE'),
      authorityHost: issuer,
    }),
  };
}

/** @throws AKS_CLOUD_UNKNOWN, with the names that there are */
function cloudNamed(name: string | undefined): AzureCloud | undefined {
  if (name === undefined) return undefined;
  const wanted = (ALIASES[name.toLowerCase()] ?? name).toLowerCase();
  const known = AZURE_CLOUD_NAMES.find((one) => one.toLowerCase() === wanted);
  if (known === undefined) throw aksErrors.AKS_CLOUD_UNKNOWN(name, AZURE_CLOUD_NAMES.join(', '));
  return azureClouds[known];
}

function defined(identity: Readonly<Record<keyof AksIdentity, string | undefined>>): AksIdentity {
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}
