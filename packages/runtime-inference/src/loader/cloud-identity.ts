import { readFile } from 'node:fs/promises';
import type { Credentials } from '@kaito-sdk/oci';

/** Asks a service over HTTP; injected, so that tests need no cloud. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** An identity that a cloud lends to the pod, turned into credentials for one registry of that cloud. */
export interface CloudIdentity {
  /** How the report calls it. */
  readonly name: string;
  /** Whether a registry is one of this cloud's. An identity is never shown to any other host. */
  serves(registry: string): boolean;
  /** Undefined when the cloud lends none to this pod. */
  credentials(registry: string, ask: Ask, env: NodeJS.ProcessEnv): Promise<Credentials | undefined>;
}

/** A metadata service of a cloud answers at once or is not there. */
export const METADATA_MS = 2000;

/**
 * Azure: a token of Entra ID, of a workload identity if the pod has one and else of the node (whose kubelet identity is what
 * `az aks update --attach-acr` gives the right to pull), exchanged at the registry for a refresh token.
 */
export const azureIdentity: CloudIdentity = {
  name: 'azure',
  serves: (registry) => /^[a-z0-9-]+\.azurecr\.(io|cn|us)$/.test(registry),
  async credentials(registry, ask, env) {
    const access = (await workloadToken(ask, env)) ?? (await nodeToken(ask, env));
    if (access === undefined) return undefined;
    const form = new URLSearchParams({ grant_type: 'access_token', service: registry, access_token: access });
    const { refresh_token: token } = await answerOf(ask, `https://${registry}/oauth2/exchange`, {
      method: 'POST',
      body: form,
    });
    return typeof token === 'string' ? { kind: 'identity-token', token } : undefined;
  },
};

const ARM = 'https://management.azure.com/';

/** Variables and file are those that the webhook of Azure Workload Identity puts into pods. */
async function workloadToken(ask: Ask, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: file } = env;
  if (!client || !tenant || !file) return undefined;
  const authority = (env.AZURE_AUTHORITY_HOST ?? 'https://login.microsoftonline.com/').replace(/\/+$/, '');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client,
    scope: `${ARM}.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: (await readFile(file, 'utf8')).trim(),
  });
  const { access_token: token } = await answerOf(ask, `${authority}/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: form,
  });
  return typeof token === 'string' ? token : undefined;
}

async function nodeToken(ask: Ask, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: ARM });
  if (env.AZURE_CLIENT_ID) query.set('client_id', env.AZURE_CLIENT_ID);
  return metadata(ask, `http://169.254.169.254/metadata/identity/oauth2/token?${query}`, { Metadata: 'true' });
}

/** Google Cloud: a token of the pod's or the node's service account, used as a password. */
export const googleIdentity: CloudIdentity = {
  name: 'google',
  serves: (registry) => /(^|\.)gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$/.test(registry),
  async credentials(_registry, ask) {
    const url = 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token';
    const token = await metadata(ask, url, { 'Metadata-Flavor': 'Google' });
    return token === undefined ? undefined : { kind: 'basic', username: 'oauth2accesstoken', password: token };
  },
};

async function metadata(ask: Ask, url: string, headers: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const { access_token: token } = await answerOf(ask, url, { headers, signal: AbortSignal.timeout(METADATA_MS) });
    return typeof token === 'string' ? token : undefined;
  } catch {
    // Not that cloud, or the cluster keeps pods away from it.
    return undefined;
  }
}

/** Without the body of the answer, which may hold a token. */
export function refusedIdentity(url: string, status: number): Error {
  return new Error(`${new URL(url).origin} answered ${status} to the identity of the pod`);
}

/** @throws with the status and never with the body, which may hold a token. */
async function answerOf(ask: Ask, url: string, init: RequestInit): Promise<Readonly<Record<string, unknown>>> {
  const answer = await ask(url, { ...init, redirect: 'error' });
  if (!answer.ok) throw refusedIdentity(url, answer.status);
  return Object(await answer.json());
}
