import { readFile } from 'node:fs/promises';
import { AwsV4Signer } from 'aws4fetch';
import { type Ask, type CloudIdentity, METADATA_MS, refusedIdentity } from './cloud-identity.js';

/** Keys that AWS lends for a while. */
interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A private registry of Amazon: account and region stand in its name. */
const REGISTRY =
  /^\d{12}\.dkr\.ecr(?<fips>-fips)?\.(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?<domain>amazonaws\.com(?:\.cn)?)$/;

/**
 * Amazon: keys of the pod's own role if it has one (IAM roles for service accounts, then EKS Pod Identity), else of the node's, which EKS gives the
 * right to pull. ECR gives a password for them (`GetAuthorizationToken`) that is good for twelve hours.
 */
export const amazonIdentity: CloudIdentity = {
  name: 'amazon',
  serves: (registry) => REGISTRY.test(registry),
  async credentials(registry, ask, env) {
    const { fips, region = '', domain = '' } = REGISTRY.exec(registry)?.groups ?? {};
    const keys =
      (await webIdentityKeys(ask, env, region, domain)) ?? (await podIdentityKeys(ask, env)) ?? (await nodeKeys(ask));
    if (keys === undefined) return undefined;
    const url = fips ? `https://ecr-fips.${region}.${domain}/` : `https://api.ecr.${region}.${domain}/`;
    const { method, headers, body } = await new AwsV4Signer({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      },
      body: '{}',
      service: 'ecr',
      region,
      ...keys,
    }).sign();
    const answer = await ask(url, { method, headers, body: String(body), redirect: 'error' });
    if (!answer.ok) throw refusedIdentity(url, answer.status);
    const { authorizationData = [] } = (await answer.json()) as {
      readonly authorizationData?: readonly { readonly authorizationToken?: string }[];
    };
    const [username, password] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':');
    return username && password ? { kind: 'basic', username, password } : undefined;
  },
};

/** Variables and file are those that EKS puts into pods whose service account names a role. This request is not signed: the token is its proof. */
async function webIdentityKeys(
  ask: Ask,
  env: NodeJS.ProcessEnv,
  near: string,
  domain: string,
): Promise<Keys | undefined> {
  const { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_REGION: region = near } = env;
  if (!role || !file) return undefined;
  const url = `https://sts.${region}.${domain}/`;
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env.AWS_ROLE_SESSION_NAME ?? 'kaito-adapter-loader',
    WebIdentityToken: (await readFile(file, 'utf8')).trim(),
  });
  const answer = await ask(url, { method: 'POST', body, redirect: 'error' });
  if (!answer.ok) throw refusedIdentity(url, answer.status);
  const xml = await answer.text();
  const element = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)\\s*</${name}>`).exec(xml)?.[1];
  return keysOf(element('AccessKeyId'), element('SecretAccessKey'), element('SessionToken'));
}

/** The agent of EKS Pod Identity, on an address of the node's own. */
async function podIdentityKeys(ask: Ask, env: NodeJS.ProcessEnv): Promise<Keys | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = env;
  if (!url || !file || !isOfTheNode(url)) return undefined;
  const headers = { authorization: (await readFile(file, 'utf8')).trim() };
  const answer = await ask(url, { headers, redirect: 'error', signal: AbortSignal.timeout(METADATA_MS) });
  if (!answer.ok) throw refusedIdentity(url, answer.status);
  return keysFrom(await answer.json());
}

/** A token of the pod is shown to the agent and to nobody else. */
function isOfTheNode(url: string): boolean {
  return ['169.254.170.23', '[fd00:ec2::23]', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}

const METADATA = 'http://169.254.169.254/latest';

/** The role of the machine, by the second version of its metadata service; clusters often keep pods away from it. */
async function nodeKeys(ask: Ask): Promise<Keys | undefined> {
  const signal = () => AbortSignal.timeout(METADATA_MS);
  const read = async (path: string, init: RequestInit): Promise<string | undefined> => {
    const answer = await ask(`${METADATA}${path}`, { ...init, redirect: 'error', signal: signal() });
    return answer.ok ? answer.text() : undefined;
  };
  try {
    const token = await read('/api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
    });
    if (token === undefined) return undefined;
    const headers = { 'x-aws-ec2-metadata-token': token };
    const role = (await read('/meta-data/iam/security-credentials/', { headers }))?.split('\n')[0]?.trim();
    if (!role) return undefined;
    const keys = await read(`/meta-data/iam/security-credentials/${encodeURIComponent(role)}`, { headers });
    return keys === undefined ? undefined : keysFrom(JSON.parse(keys));
  } catch {
    // Not that cloud, or nobody answers.
    return undefined;
  }
}

function keysFrom(answer: unknown): Keys | undefined {
  const {
    AccessKeyId: id,
    SecretAccessKey: secret,
    Token: token,
  } = Object(answer) as Record<string, string | undefined>;
  return keysOf(id, secret, token);
}

function keysOf(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string): Keys | undefined {
  return accessKeyId && secretAccessKey && sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
}
