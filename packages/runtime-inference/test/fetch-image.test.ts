import type { RegistryTransport } from '@kaito-sdk/oci';
import { FakeRegistry } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import type { Ask } from '../dist/loader/cloud-identity.js';
import { loadAdapters } from '../dist/loader/load-adapters.js';
import { LoaderError } from '../dist/loader/loader-error.js';
import { Workbench } from './support/adapters.js';

const noCloud: Ask = () => Promise.reject(new Error('connection refused'));
const basic = (username: string, password: string) => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});
const dockerConfig = (auths: object) => JSON.stringify({ auths });

describe('fetching the image of an adapter', () => {
  let bench: Workbench;
  let registries: Map<string, FakeRegistry>;
  /** `HOST AUTHORIZATION` of every request that carried credentials. */
  let shown: string[];
  beforeEach(async () => {
    bench = await Workbench.make();
    registries = new Map();
    shown = [];
  });
  afterEach(() => bench.close());

  const transport: RegistryTransport = (request) => {
    const { host } = new URL(request.url);
    const registry = registries.get(host);
    if (!registry) throw new Error(`no route to ${host}`);
    if (request.headers.authorization) shown.push(`${host} ${request.headers.authorization}`);
    return registry.transport(request);
  };
  const registry = async (host: string, ...images: readonly string[]) => {
    const made = new FakeRegistry();
    made.host = host;
    registries.set(host, made);
    for (const image of images) await bench.push(`${host}/${image}`, {}, { transport });
    shown = [];
    return made;
  };
  const load = (
    adapters: readonly { image: string; secrets?: readonly { name: string; folder: string }[]; name?: string }[],
    ask: Ask = noCloud,
    env = {},
  ) =>
    loadAdapters(bench.document({ adapters: adapters.map(({ name = 'mine', ...more }) => ({ name, ...more })) }), {
      env,
      ask,
      log: () => {},
      registry: { transport, retry: { attempts: 1, baseMs: 1, capMs: 1 } },
    });
  const failure = async (task: Promise<unknown>): Promise<LoaderError> => {
    const error = await task.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (!(error instanceof LoaderError)) throw error ?? new Error('nothing failed');
    return error;
  };

  it('takes a public image without credentials, and reports its digest', async () => {
    await registry('registry.test');
    const digest = await bench.push('registry.test/team/adapter:1', {}, { transport });
    const report = await load([{ image: 'registry.test/team/adapter:1' }]);
    expect(report.adapters).to.deep.equal([{ name: 'mine', by: 'no credentials', digest, rank: 2 }]);
    expect(shown).to.deep.equal([]);
  });

  for (const [title, text, key] of [
    ['user and password in one word', dockerConfig({ 'registry.test': basic('me', 'pass') }), '.dockerconfigjson'],
    [
      'user and password apart',
      dockerConfig({ 'https://registry.test/v1/': { username: 'me', password: 'pass' } }),
      '.dockerconfigjson',
    ],
    ['the older form without "auths"', JSON.stringify({ 'registry.test': basic('me', 'pass') }), '.dockercfg'],
    ['a pattern for the host', dockerConfig({ '*.test': basic('me', 'pass') }), '.dockerconfigjson'],
  ] as const) {
    it(`pulls with a secret that has ${title}, and names it`, async () => {
      const made = await registry('registry.test', 'team/adapter:1');
      made.login = { kind: 'basic', username: 'me', password: 'pass' };
      const secrets = [await bench.secret('pull', text, key)];
      const { adapters } = await load([{ image: 'registry.test/team/adapter:1', secrets }]);
      expect(adapters[0]).to.include({ by: 'pull secret pull' });
    });
  }

  it('exchanges a refresh token in a secret', async () => {
    const made = await registry('registry.test', 'team/adapter:1');
    made.login = { kind: 'bearer', refreshToken: 'refresh-me' };
    const secrets = [await bench.secret('pull', dockerConfig({ 'registry.test': { identitytoken: 'refresh-me' } }))];
    const { adapters } = await load([{ image: 'registry.test/team/adapter:1', secrets }]);
    expect(adapters[0]).to.include({ by: 'pull secret pull' });
  });

  it('tries the next secret when one is refused or has nothing for the registry', async () => {
    const made = await registry('registry.test', 'team/adapter:1');
    made.login = { kind: 'basic', username: 'me', password: 'pass' };
    const secrets = [
      await bench.secret('old', dockerConfig({ 'registry.test': basic('me', 'expired') })),
      await bench.secret('elsewhere', dockerConfig({ 'other.test': basic('them', 'theirs') })),
      await bench.secret('good', dockerConfig({ 'registry.test': basic('me', 'pass') })),
    ];
    const { adapters } = await load([{ image: 'registry.test/team/adapter:1', secrets }]);
    expect(adapters[0]).to.include({ by: 'pull secret good' });
  });

  it('shows the credentials of one registry to no other, whichever secret they are in', async () => {
    for (const [host, password] of [
      ['one.test', 'first'],
      ['two.test', 'second'],
    ] as const) {
      (await registry(host, 'team/adapter:1')).login = { kind: 'basic', username: 'me', password };
    }
    const both = dockerConfig({ 'one.test': basic('me', 'first'), 'two.test': basic('me', 'second') });
    const secrets = [await bench.secret('both', both)];
    await load([
      { name: 'one', image: 'one.test/team/adapter:1', secrets },
      { name: 'two', image: 'two.test/team/adapter:1', secrets },
    ]);
    const sent = new Set(shown);
    expect([...sent].sort()).to.deep.equal([
      `one.test Basic ${basic('me', 'first').auth}`,
      `two.test Basic ${basic('me', 'second').auth}`,
    ]);
  });

  it('uses a secret for the adapter that names it and for no other', async () => {
    (await registry('registry.test', 'team/a:1', 'team/b:1')).login = {
      kind: 'basic',
      username: 'me',
      password: 'pass',
    };
    const secrets = [await bench.secret('pull', dockerConfig({ 'registry.test': basic('me', 'pass') }))];
    const error = await failure(
      load([
        { name: 'a', image: 'registry.test/team/a:1', secrets },
        { name: 'b', image: 'registry.test/team/b:1' },
      ]),
    );
    expect(error).to.include({ code: 'PULL_REFUSED', adapter: 'b' });
  });

  it('says with what it tried, and never shows a password', async () => {
    (await registry('registry.test', 'team/adapter:1')).login = { kind: 'basic', username: 'me', password: 'pass' };
    const secrets = [await bench.secret('pull', dockerConfig({ 'registry.test': basic('me', 'wrong-one') }))];
    const error = await failure(load([{ image: 'registry.test/team/adapter:1', secrets }]));
    expect(error.code).to.equal('PULL_REFUSED');
    expect(error.message).to.match(
      /pull secret pull: .*does not accept the credentials.*no credentials: .*wants credentials/,
    );
    expect(error.message).not.to.match(/wrong-one/);
  });

  it('tells an image that is not there from one that is not shown', async () => {
    await registry('registry.test');
    expect(await failure(load([{ image: 'registry.test/team/adapter:1' }]))).to.include({ code: 'PULL_FAILED' });
  });

  it('says what a secret lacks', async () => {
    await registry('registry.test', 'team/adapter:1');
    const secrets = [await bench.secret('odd', 'x', 'password')];
    const error = await failure(load([{ image: 'registry.test/team/adapter:1', secrets }]));
    expect(error.message).to.match(/neither \.dockerconfigjson nor \.dockercfg/);
  });

  describe('with an identity of the cloud', () => {
    const IMAGE = 'mine.azurecr.io/team/adapter:1';
    const privately = { kind: 'bearer', refreshToken: 'refresh-me', username: 'x', password: 'y' } as const;
    const answers = (table: Readonly<Record<string, object>>, asked: string[] = []): Ask => {
      return async (url, init) => {
        const { origin, pathname } = new URL(url);
        asked.push(`${init.method ?? 'GET'} ${origin}${pathname} ${init.body ?? ''}`);
        const found = table[`${origin}${pathname}`];
        return found ? Response.json(found) : new Response('', { status: 404 });
      };
    };
    const NODE = 'http://169.254.169.254/metadata/identity/oauth2/token';

    it("pulls from Azure's registry with the node's own identity, which is what --attach-acr gives rights to", async () => {
      (await registry('mine.azurecr.io', 'team/adapter:1')).login = privately;
      const ask = answers({
        [NODE]: { access_token: 'entra' },
        'https://mine.azurecr.io/oauth2/exchange': { refresh_token: 'refresh-me' },
      });
      const { adapters } = await load([{ image: IMAGE }], ask);
      expect(adapters[0]).to.include({ by: 'cloud identity (azure)' });
    });

    it('asks for the identity of the workload first, where the pod has one', async () => {
      (await registry('mine.azurecr.io', 'team/adapter:1')).login = privately;
      const asked: string[] = [];
      const ask = answers(
        {
          'https://login.test/tenant/oauth2/v2.0/token': { access_token: 'entra' },
          'https://mine.azurecr.io/oauth2/exchange': { refresh_token: 'refresh-me' },
        },
        asked,
      );
      const token = await bench.secret('token', 'federated', 'token');
      await load([{ image: IMAGE }], ask, {
        AZURE_CLIENT_ID: 'client',
        AZURE_TENANT_ID: 'tenant',
        AZURE_FEDERATED_TOKEN_FILE: `${token.folder}/token`,
        AZURE_AUTHORITY_HOST: 'https://login.test/',
      });
      expect(asked[0]).to.match(/login\.test.*client_assertion=federated/);
      expect(asked[1]).to.match(/exchange grant_type=access_token&service=mine\.azurecr\.io&access_token=entra/);
    });

    it("uses Google's token as a password there", async () => {
      const host = 'europe-west1-docker.pkg.dev';
      (await registry(host, 'p/r/adapter:1')).login = {
        kind: 'basic',
        username: 'oauth2accesstoken',
        password: 'google',
      };
      const url = 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token';
      const { adapters } = await load(
        [{ image: `${host}/p/r/adapter:1` }],
        answers({ [url]: { access_token: 'google' } }),
      );
      expect(adapters[0]).to.include({ by: 'cloud identity (google)' });
    });

    for (const host of ['azurecr.io.evil.test', 'evil.test', 'azurecr.io']) {
      it(`is not even asked for where the registry is ${host}`, async () => {
        (await registry(host, 'team/adapter:1')).login = { kind: 'basic', username: 'x', password: 'y' };
        const asked: string[] = [];
        await failure(
          load([{ image: `${host}/team/adapter:1` }], answers({ [NODE]: { access_token: 'entra' } }, asked)),
        );
        expect(asked).to.deep.equal([]);
      });
    }

    it('is one of several ways: where the cloud lends none the refusal says what was tried', async () => {
      (await registry('mine.azurecr.io', 'team/adapter:1')).login = { kind: 'bearer', username: 'x', password: 'y' };
      const error = await failure(load([{ image: IMAGE }]));
      expect(error.code).to.equal('PULL_REFUSED');
      expect(error.message).to.match(/cloud identity \(azure\): nothing for mine\.azurecr\.io/);
    });
  });
});
