import type {
  AgentPool,
  ContainerServiceClient,
  ContainerServiceClientOptionalParams,
} from '@azure/arm-containerservice';
import type { TokenCredential } from '@azure/identity';
import type { AgentPoolApi, AzureCluster } from './agent-pool-api.js';
import type { AksIdentity, AksSettings } from './aks-settings.js';
import { ArmFailure } from './arm-failures.js';
import { azureClouds } from './azure-clouds.js';
import { readSizes } from './size-list.js';
import { type AddedPolicy, trusting } from './trusted-authorities.js';

/** What tests replace: the way to the cloud, and who asks. */
export interface AzureOverrides {
  readonly credential?: TokenCredential;
  readonly httpClient?: NonNullable<ContainerServiceClientOptionalParams['httpClient']>;
}

/** A request that hangs holds up the queue of its cluster. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Azure through its own SDK. The SDK and the identity library are big, so they are loaded at the first request and not with the plugin.
 * Nothing is tried again in here: the next reconcile does that, with a reason in the status in the meantime.
 */
export function azureCluster(settings: AksSettings, overrides: AzureOverrides = {}): AzureCluster {
  let client: Promise<ContainerServiceClient> | undefined;
  const connected = () => {
    client ??= connect(settings, overrides);
    // A credential that could not be made today may be there tomorrow.
    client.catch(() => {
      client = undefined;
    });
    return client;
  };
  const call = async <T>(work: (client: ContainerServiceClient) => Promise<T>): Promise<T> => {
    try {
      return await work(await connected());
    } catch (error) {
      throw armFailure(error);
    }
  };
  return {
    pools: poolsOf(settings, call),
    sizes: { list: () => call(({ pipeline }) => readSizes(pipeline, settings, overrides.httpClient)) },
  };
}

type Call = <T>(work: (client: ContainerServiceClient) => Promise<T>) => Promise<T>;

function poolsOf({ resourceGroup, clusterName }: AksSettings, call: Call): AgentPoolApi {
  const requestOptions = { timeout: REQUEST_TIMEOUT_MS };
  return {
    get: (name) =>
      unlessGone(call(({ agentPools }) => agentPools.get(resourceGroup, clusterName, name, { requestOptions }))),
    list: () =>
      call(async ({ agentPools }) => {
        const pools: AgentPool[] = [];
        for await (const pool of agentPools.list(resourceGroup, clusterName, { requestOptions })) pools.push(pool);
        return pools;
      }),
    create: (name, pool) =>
      call(({ agentPools }) =>
        // `If-None-Match: *` closes the gap between looking and creating; `submitted` ends with the first answer.
        agentPools
          .createOrUpdate(resourceGroup, clusterName, name, pool, { ifNoneMatch: '*', requestOptions })
          .submitted(),
      ),
    delete: async (name) => {
      const taken = call(async ({ agentPools }) => {
        await agentPools.delete(resourceGroup, clusterName, name, { requestOptions }).submitted();
        return true;
      });
      return (await unlessGone(taken)) ?? false;
    },
    abort: (name) =>
      call(({ agentPools }) =>
        agentPools.abortLatestOperation(resourceGroup, clusterName, name, { requestOptions }).submitted(),
      ),
  };
}

async function connect(
  settings: AksSettings,
  { credential, httpClient }: AzureOverrides,
): Promise<ContainerServiceClient> {
  const { ContainerServiceClient } = await import('@azure/arm-containerservice');
  const { endpoint, audience = endpoint, subscriptionId } = settings;
  const additionalPolicies = await trusting(settings.caFile);
  return new ContainerServiceClient(
    credential ?? (await credentialFor(settings.identity, additionalPolicies)),
    subscriptionId,
    {
      endpoint,
      credentials: { scopes: [`${audience}/.default`] },
      retryOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: 'kaito-sdk' },
      additionalPolicies,
      ...(httpClient === undefined ? {} : { httpClient }),
    },
  );
}

/** Workload identity where a token is projected into the pod, else whatever the machine offers. */
async function credentialFor(identity: AksIdentity, additionalPolicies: AddedPolicy[]): Promise<TokenCredential> {
  const { DefaultAzureCredential, WorkloadIdentityCredential } = await import('@azure/identity');
  const { tenantId, clientId, federatedTokenFile, authorityHost } = identity;
  const common = {
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: !isMicrosoft(authorityHost) }),
    additionalPolicies,
  };
  if (clientId !== undefined && tenantId !== undefined && federatedTokenFile !== undefined)
    return new WorkloadIdentityCredential({ ...common, tenantId, clientId, tokenFilePath: federatedTokenFile });
  return new DefaultAzureCredential({
    ...common,
    ...(clientId === undefined ? {} : { managedIdentityClientId: clientId }),
  });
}

/** China's cloud has a second name for the same issuer. */
const MICROSOFT: ReadonlySet<string> = new Set([
  ...Object.values(azureClouds).map(({ authorityHost }) => authorityHost),
  'https://login.partner.microsoftonline.cn',
]);

/** Instance discovery asks a public endpoint whether an authority is genuine; one of one's own is not known there. */
function isMicrosoft(authorityHost: string): boolean {
  return MICROSOFT.has(authorityHost.replace(/\/+$/, ''));
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    // Other 404s say that the cluster, the group or the subscription is not there.
    if (
      error instanceof ArmFailure &&
      error.status === 404 &&
      !/^(Resource|ResourceGroup|Subscription|ParentResource)NotFound$/.test(error.code ?? '')
    )
      return undefined;
    throw error;
  }
}

/** The SDK throws `RestError`s with a code, the identity library errors with a name, and sockets whatever they like. */
function armFailure(error: unknown): ArmFailure {
  if (error instanceof ArmFailure) return error;
  const { statusCode, code, name, message, response } = error as Partial<{
    statusCode: number;
    code: string;
    name: string;
    message: string;
    response: { headers?: { get(name: string): string | undefined } };
  }>;
  const said = code ?? (name !== undefined && /(Credential|Authentication)/.test(name) ? name : undefined);
  const retryAfter = Number(response?.headers?.get('retry-after'));
  return new ArmFailure(
    {
      message: message ?? String(error),
      ...(statusCode === undefined ? {} : { status: statusCode }),
      ...(said === undefined ? {} : { code: said }),
      ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
    },
    { cause: error },
  );
}
