import type { AksConfig } from './aks-config.js';
import { aksErrors } from './errors.js';

/** The configuration with what the environment adds: complete, or an error that says what is missing. */
export interface AksSettings {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly clusterName: string;
  readonly location?: string;
  readonly endpoint: string;
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

const PUBLIC_ENDPOINT = 'https://management.azure.com';

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
  return {
    subscriptionId: needed('subscriptionId', 'ARM_SUBSCRIPTION_ID', 'AZURE_SUBSCRIPTION_ID'),
    resourceGroup: needed('resourceGroup', 'ARM_RESOURCE_GROUP'),
    clusterName: needed('clusterName', 'AZURE_CLUSTER_NAME'),
    endpoint: (config.endpoint ?? from('ARM_ENDPOINT') ?? PUBLIC_ENDPOINT).replace(/\/+$/, ''),
    ...(location === undefined ? {} : { location: location.toLowerCase().replaceAll(' ', '') }),
    ...(config.caFile === undefined ? {} : { caFile: config.caFile }),
    identity: defined({
      tenantId: config.tenantId ?? from('AZURE_TENANT_ID'),
      clientId: config.clientId ?? from('AZURE_CLIENT_ID'),
      federatedTokenFile: config.federatedTokenFile ?? from('AZURE_FEDERATED_TOKEN_FILE'),
      authorityHost: config.authorityHost ?? from('AZURE_AUTHORITY_HOST'),
    }),
  };
}

function defined(identity: Readonly<Record<keyof AksIdentity, string | undefined>>): AksIdentity {
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}
