import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { amazonIdentity } from '../dist/loader/amazon-identity.js';
import { cloudIdentities } from '../dist/loader/cloud-identities.js';
import type { Ask } from '../dist/loader/cloud-identity.js';

const REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const KEYS = { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'wJalr/secret+key', Token: 'session/token==' };

/**
 * AWS as far as it is asked here, by the shapes of its documentation: STS (API version 2011-06-15, XML), the agent of EKS Pod Identity, the
 * metadata service of EC2 in its second version, and ECR (2015-09-21), which checks the signature of each request by the published steps of
 * version 4.
 */
class StandInAws {
  readonly asked: string[] = [];
  webIdentity = false;
  podIdentity = false;
  node = false;

  readonly ask: Ask = async (url, init) => {
    const { host, pathname } = new URL(url);
    this.asked.push(`${init.method ?? 'GET'} ${host}${pathname}`);
    const headers = new Headers(init.headers);
    if (host === 'sts.eu-central-1.amazonaws.com') return this.sts(new URLSearchParams(String(init.body)));
    if (host === '169.254.170.23') {
      return this.podIdentity && headers.get('authorization') === 'pod-token'
        ? Response.json(KEYS)
        : new Response('', { status: 401 });
    }
    if (host === '169.254.169.254') return this.metadata(pathname, init.method ?? 'GET', headers);
    if (host === 'api.ecr.eu-central-1.amazonaws.com') return ecr(init, headers);
    throw new TypeError(`nobody answers at ${host}`);
  };

  private sts(form: URLSearchParams): Response {
    const asked = ['Action', 'Version', 'RoleArn', 'WebIdentityToken'].map((name) => form.get(name));
    const known = ['AssumeRoleWithWebIdentity', '2011-06-15', 'arn:aws:iam::123456789012:role/puller', 'web-token'];
    if (!this.webIdentity || asked.join() !== known.join() || !form.get('RoleSessionName'))
      return new Response('', { status: 403 });
    const { AccessKeyId, SecretAccessKey, Token } = KEYS;
    return new Response(
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <AssumeRoleWithWebIdentityResult><Credentials>
          <SessionToken>${Token}</SessionToken><SecretAccessKey>${SecretAccessKey}</SecretAccessKey>
          <Expiration>2026-11-30T12:00:00Z</Expiration><AccessKeyId>${AccessKeyId}</AccessKeyId>
        </Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>`,
      { headers: { 'content-type': 'text/xml' } },
    );
  }

  private metadata(path: string, method: string, headers: Headers): Response {
    if (!this.node) throw new TypeError('nobody answers');
    if (path === '/latest/api/token' && method === 'PUT' && headers.has('x-aws-ec2-metadata-token-ttl-seconds'))
      return new Response('imds-token');
    if (headers.get('x-aws-ec2-metadata-token') !== 'imds-token') return new Response('', { status: 401 });
    const folder = '/latest/meta-data/iam/security-credentials/';
    if (path === folder) return new Response('node-role');
    return path === `${folder}node-role`
      ? Response.json({ Code: 'Success', ...KEYS })
      : new Response('', { status: 404 });
  }
}

/** Signs what came as whoever has the keys would, and compares. */
function ecr(init: RequestInit, headers: Headers): Response {
  const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken';
  const signed =
    /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<scope>[^,]+), SignedHeaders=(?<names>[^,]+), Signature=(?<signature>[0-9a-f]{64})$/.exec(
      headers.get('authorization') ?? '',
    )?.groups;
  if (headers.get('x-amz-target') !== target || headers.get('x-amz-security-token') !== KEYS.Token || !signed)
    return new Response('', { status: 400 });
  const { id, scope = '', names = '', signature } = signed;
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const value = (name: string) => (name === 'host' ? 'api.ecr.eu-central-1.amazonaws.com' : (headers.get(name) ?? ''));
  const canonical = [
    init.method,
    '/',
    '',
    ...names.split(';').map((name) => `${name}:${value(name)}`),
    '',
    names,
    sha(String(init.body)),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers.get('x-amz-date'), scope, sha(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => mac(last, part), `AWS4${KEYS.SecretAccessKey}`);
  const right =
    id === KEYS.AccessKeyId &&
    scope.endsWith('/eu-central-1/ecr/aws4_request') &&
    mac(key, text).toString('hex') === signature;
  if (!right) return Response.json({ __type: 'InvalidSignatureException' }, { status: 400 });
  const authorizationToken = Buffer.from('AWS:ecr-password').toString('base64');
  return Response.json({
    authorizationData: [{ authorizationToken, expiresAt: 1.7e9, proxyEndpoint: `https://${REGISTRY}` }],
  });
}

describe('an identity of Amazon', () => {
  let folder: string;
  let aws: StandInAws;
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaito-amazon-'));
    await writeFile(join(folder, 'web'), 'web-token\n');
    await writeFile(join(folder, 'pod'), 'pod-token');
    aws = new StandInAws();
    env = {};
  });
  afterEach(() => rm(folder, { recursive: true }));

  const forServiceAccount = () => ({
    AWS_REGION: 'eu-central-1',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/puller',
    AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'web'),
  });
  const forPod = () => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'pod'),
  });
  const credentials = () => amazonIdentity.credentials(REGISTRY, aws.ask, env);
  const password = { kind: 'basic', username: 'AWS', password: 'ecr-password' };
  const ECR = 'POST api.ecr.eu-central-1.amazonaws.com/';

  it('is that of the role of the service account first, whose token is exchanged for keys that sign the request for a password', async () => {
    aws.webIdentity = true;
    env = { ...forServiceAccount(), ...forPod() };
    expect(await credentials()).to.deep.equal(password);
    expect(aws.asked).to.deep.equal(['POST sts.eu-central-1.amazonaws.com/', ECR]);
  });

  it('is that of EKS Pod Identity next', async () => {
    aws.podIdentity = true;
    env = forPod();
    expect(await credentials()).to.deep.equal(password);
    expect(aws.asked).to.deep.equal(['GET 169.254.170.23/v1/credentials', ECR]);
  });

  it("is the node's at last", async () => {
    aws.node = true;
    expect(await credentials()).to.deep.equal(password);
    expect(aws.asked).to.deep.equal([
      'PUT 169.254.169.254/latest/api/token',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/node-role',
      ECR,
    ]);
  });

  it('is none where the cloud lends none', async () => {
    expect(await credentials()).to.equal(undefined);
    expect(aws.asked).not.to.include(ECR);
  });

  it('shows the token of a pod to the agent of its node only', async () => {
    env = { ...forPod(), AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.test/' };
    expect(await credentials()).to.equal(undefined);
    expect(aws.asked.filter((one) => one.includes('evil'))).to.deep.equal([]);
  });

  it('says who refused it, and never with which keys', async () => {
    env = forServiceAccount();
    const error = await credentials().catch(String);
    expect(error).to.equal('Error: https://sts.eu-central-1.amazonaws.com answered 403 to the identity of the pod');
  });

  for (const [registry, served] of [
    [REGISTRY, true],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', true],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', true],
    ['public.ecr.aws', false],
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.test', false],
    ['dkr.ecr.eu-central-1.amazonaws.com', false],
  ] as const) {
    it(`is ${served ? '' : 'not '}asked for where the registry is ${registry}`, () => {
      expect(cloudIdentities.filter((one) => one.serves(registry)).map(({ name }) => name)).to.deep.equal(
        served ? ['amazon'] : [],
      );
    });
  }
});
