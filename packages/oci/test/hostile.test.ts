import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dockerConfigAuth, httpTransport, type Lookup, parseReference, pullFiles, Registry } from '@kaito-sdk/oci';
import { plain } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { file, hardlink, symlink, type TestEntry, tar } from './support/tar.js';
import { failure, World } from './support/world.js';

const reference = parseReference('registry.test/team/a:1');

/** Names and what they stand for; a name that is not here has a public address, at which nothing is asked. */
const names: Readonly<Record<string, readonly string[]>> = {
  'registry.test': ['203.0.113.5'],
  'registry.corp': ['10.1.2.3'],
  'auth.corp': ['10.1.2.4'],
  'metadata.google.internal': ['169.254.169.254'],
  'both.test': ['203.0.113.6', '192.168.0.1'],
};
const lookup: Lookup = async (name) => (names[name] ?? ['203.0.113.9']).map((address) => ({ address, family: 4 }));

describe('a hostile registry', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  describe('that sends its reader elsewhere', () => {
    const real = httpTransport({ lookup });
    const asking = (url: string, onBehalfOf: string) => () =>
      real({ method: 'GET', url, headers: {}, onBehalfOf, signal: AbortSignal.abort() });

    for (const url of [
      'https://127.0.0.1/token',
      'https://[::1]/token',
      'https://0/token',
      'https://2130706433/token',
      'https://0x7f.1/token',
      'https://10.96.0.1/api',
      'https://172.16.0.1/',
      'https://192.168.1.1/',
      'https://100.64.0.1/',
      'https://[fd12::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://[64:ff9b::a00:1]/',
      'https://169.254.169.254/metadata/identity/oauth2/token',
      'https://[fe80::1]/',
    ]) {
      it(`cannot have ${url} asked`, async () => {
        const { message } = await failure(asking(url, 'registry.test'), 'ADDRESS_FORBIDDEN');
        expect(message).to.match(/^registry\.test leads to .*nothing was asked there/);
      });
    }

    for (const host of ['registry.corp', 'metadata.google.internal', 'both.test']) {
      it(`cannot have ${host} asked, which is a name for such an address`, async () => {
        const signal = AbortSignal.timeout(30_000);
        await failure(
          () => real({ method: 'GET', url: `https://${host}/`, headers: {}, onBehalfOf: 'registry.test', signal }),
          'ADDRESS_FORBIDDEN',
        );
      });
    }

    it('may be inside itself, and then lead to its neighbours', async () => {
      for (const [url, registry] of [
        ['https://10.1.2.3/v2/', 'registry.corp'],
        ['https://10.9.9.9/token', 'registry.corp'],
        ['https://10.1.2.3/v2/', '10.1.2.3'],
      ] as const) {
        // Nothing is in the way any more but the signal that keeps the test from opening a socket.
        const error = await asking(url, registry)().catch((caught: unknown) => caught);
        expect((error as Error).name, url).to.equal('AbortError');
      }
    });

    it('is never at the metadata service of a cloud, not even for itself', async () => {
      await failure(asking('https://169.254.169.254/v2/', '169.254.169.254'), 'ADDRESS_FORBIDDEN');
    });

    it('is asked no second time after such a try', async () => {
      const transport = httpTransport({ lookup });
      const registry = new Registry({
        ...world.options,
        transport: (request) =>
          request.url.includes('10.0.0.7') ? transport(request) : world.registry.transport(request),
      });
      world.registry.faults = [() => plain(307, { location: 'https://10.0.0.7/blob' })];
      await failure(() => registry.manifest(reference), 'ADDRESS_FORBIDDEN');
      expect(world.registry.requests).to.have.length(1);
    });

    it('does not reach loopback over plain http, which is for registries on loopback', async () => {
      world.registry.faults = [() => plain(307, { location: 'http://127.0.0.1:10250/pods' })];
      await failure(() => new Registry(world.options).manifest(reference), 'INSECURE');
      world.registry.login = { kind: 'bearer', realm: 'http://localhost:8080/token' };
      await failure(() => new Registry(world.options).manifest(reference), 'INSECURE');
      expect(world.registry.asked.every((line) => line.includes('/manifests/'))).to.equal(true);
    });

    it('gets no token that another server gave it by a redirect of the token service', async () => {
      const asked: string[] = [];
      const server: Server = createServer((request, answer) => {
        asked.push(request.url ?? '');
        answer.end('{"token":"inner"}');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const inner = `https://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
      const transport = httpTransport({ lookup });
      world.registry.login = { kind: 'bearer', realm: inner };
      const registry = new Registry({
        ...world.options,
        transport: (request) =>
          request.url.startsWith(inner) ? transport(request) : world.registry.transport(request),
      });
      await failure(() => registry.manifest(reference), 'ADDRESS_FORBIDDEN');
      server.close();
      expect(asked).to.deep.equal([]);
    });
  });

  it('that gives a byte at a time is left after a while, not after years', async () => {
    const blob = world.registry.putBlob('team/a', Buffer.alloc(10_000, 'a'));
    world.registry.faults = Array.from({ length: 10_000 }, () => async (_request, answer) => ({
      ...(await answer()),
      cutAfter: 1,
    }));
    const reading = async () => {
      for await (const _ of new Registry(world.options).blob(reference, blob));
    };
    await failure(reading, 'UNAVAILABLE');
    expect(world.registry.requests.length).to.equal(51);
  });

  it('that is called like a part of every object is a host like any other', async () => {
    const registry = new Registry(world.options);
    for (const text of ['Constructor/a', 'ValueOf/a:1', 'hasOwnProperty/a'])
      await failure(() => registry.manifest(parseReference(text)), 'NOT_FOUND');
    expect(world.registry.requests[0]?.url).to.equal('https://constructor/v2/a/manifests/latest');
  });
});

describe('a hostile image', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());
  const refused = (entries: readonly TestEntry[], limits: object) => {
    world.image('a', '1', [tar(...entries)]);
    const options = { ...world.options, path: 'data', into: world.path('out'), limits };
    return failure(() => pullFiles('registry.test/a:1', options), 'LIMIT_EXCEEDED');
  };

  it('cannot fill a disk with links to one file: each becomes a copy, and the copies count', async () => {
    const links = Array.from({ length: 100 }, (_, i) => symlink(`data/link-${i}`, 'big'));
    expect((await refused([file('data/big', 'x'.repeat(1000)), ...links], { bytes: 50_000 })).message).to.contain(
      '"bytes"',
    );
    const hard = Array.from({ length: 100 }, (_, i) => hardlink(`data/link-${i}`, 'data/big'));
    expect((await refused([file('data/big', 'x'), ...hard], { files: 50 })).message).to.contain('"files"');
  });

  it('cannot fill the memory with names', async () => {
    const name = `data/${'a'.repeat(5000)}`;
    const record = ` path=${name}\n`;
    const length = `${record.length + 4}${record}`;
    world.image('a', '1', [tar({ path: 'x', type: 'x', content: length }, file('short', 'x'))]);
    const options = { ...world.options, path: 'data', into: world.path('out') };
    const { message } = await failure(() => pullFiles('registry.test/a:1', options), 'ENTRY_UNSUPPORTED');
    expect(message.length).to.be.lessThan(400);
  });
});

describe('a hostile docker configuration', () => {
  it('cannot keep the reader busy with stars', () => {
    const auth = dockerConfigAuth(JSON.stringify({ auths: { [`${'*a'.repeat(5000)}b.io`]: { auth: 'dTpw' } } }));
    const registry = `${'a'.repeat(50_000)}.io`;
    expect(typeof auth === 'function' && auth(registry, 'x')).to.deep.equal([]);
  });

  it('has its stars read as before', () => {
    const matches = (pattern: string, host: string) => {
      const auth = dockerConfigAuth(JSON.stringify({ auths: { [pattern]: { auth: 'dTpw' } } }));
      return typeof auth === 'function' && auth(host, 'x').length > 0;
    };
    for (const [pattern, host, expected] of [
      ['*.io', 'gcr.io', true],
      ['a*b.io', 'ab.io', true],
      ['a*b.io', 'axxb.io', true],
      ['a*a.io', 'a.io', false],
      ['*ab*bc*.io', 'xabbcx.io', true],
      ['*ab*bc*.io', 'xabcx.io', false],
      ['a*', 'a.io', false],
      ['x*.io', 'yx.io', false],
      ['*x.io', 'xy.io', false],
      ['**.io', 'y.io', true],
    ] as const) {
      expect(matches(pattern, host), `${pattern} ${host}`).to.equal(expected);
    }
  });
});
