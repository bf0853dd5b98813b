import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpTransport, parseReference, pullFiles, pushImage, Registry } from '@kaito-sdk/oci';
import { error, type Fault, plain } from '@kaito-sdk/oci/testing';
import { expect } from 'chai';
import { parseChallenges } from '../dist/challenge.js';
import { failure, World } from './support/world.js';

const reference = parseReference('registry.test/team/a:1');

describe('talking to a registry', () => {
  let world: World;
  let blob: { digest: `sha256:${string}`; size: number };
  beforeEach(() => {
    world = new World();
    blob = world.registry.putBlob('team/a', Buffer.alloc(50_000, 'abc'));
    world.image('team/a', '1', []);
  });
  afterEach(() => world.close());

  async function read(registry = new Registry(world.options), signal?: AbortSignal): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of registry.blob(reference, blob, signal)) parts.push(part);
    return Buffer.concat(parts);
  }
  const onBlob =
    (make: Fault): Fault =>
    (request, answer) =>
      request.url.includes(blob.digest) ? make(request, answer) : undefined;
  const cut = (after: number): Fault => onBlob(async (_, answer) => ({ ...(await answer()), cutAfter: after }));

  describe('reading blobs', () => {
    it('takes up a broken connection where it broke', async () => {
      world.registry.faults = [cut(20_000), cut(5_000)];
      expect((await read()).equals(Buffer.alloc(50_000, 'abc'))).to.equal(true);
      expect(world.registry.requests.map((request) => request.headers.range)).to.deep.equal([
        undefined,
        'bytes=20000-',
        'bytes=25000-',
      ]);
    });

    it('takes it up also with a registry that knows no ranges', async () => {
      world.registry.ranges = false;
      world.registry.faults = [cut(20_000)];
      expect((await read()).equals(Buffer.alloc(50_000, 'abc'))).to.equal(true);
    });

    it('counts tries anew after every progress, and gives up without', async () => {
      world.registry.faults = Array.from({ length: 12 }, () => cut(1000));
      expect(await read()).to.have.length(50_000);
      world.registry.faults = Array.from({ length: 12 }, () => cut(0));
      const { message } = await failure(read, 'UNAVAILABLE');
      expect(message).to.contain('5 times').and.to.contain('socket hang up');
    });

    it('gives up a connection that falls silent, and tries again', async () => {
      world.registry.faults = [onBlob(async (_, answer) => ({ ...(await answer()), silentAfter: 30_000 }))];
      const reading = read();
      const strikes = setInterval(() => world.clock.strike(), 5);
      expect(await reading.finally(() => clearInterval(strikes))).to.have.length(50_000);
      expect(world.registry.requests).to.have.length(2);
    });

    it('refuses bytes that are not those of the digest', async () => {
      world.registry.blobs.set(`team/a@${blob.digest}`, Buffer.alloc(50_000, 'abd'));
      await failure(read, 'DIGEST_MISMATCH');
    });

    it('refuses more bytes than announced, at once', async () => {
      world.registry.blobs.set(`team/a@${blob.digest}`, Buffer.alloc(60_000, 'abc'));
      await failure(read, 'SIZE_MISMATCH');
    });

    it('refuses another range than asked for', async () => {
      world.registry.faults = [
        cut(20_000),
        onBlob(() => ({ status: 206, headers: { 'content-range': 'bytes 0-9/50000' }, body: Buffer.alloc(10) })),
      ];
      await failure(read, 'ANSWER_INVALID');
    });

    it('stops when it is told to', async () => {
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      const caught = await read(new Registry(world.options), stop.signal).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(String(caught)).to.contain('enough');
    });
  });

  describe('logging in', () => {
    const basic = { kind: 'basic', username: 'u', password: 'hunter2' } as const;
    const wrong = { kind: 'basic', username: 'u', password: 'wrong' } as const;
    const asked = (auth?: ConstructorParameters<typeof Registry>[0]) => new Registry({ ...world.options, ...auth });

    it('sends a password only when asked for one', async () => {
      await asked({ auth: basic }).manifest(reference);
      expect(world.registry.requests.some((request) => 'authorization' in request.headers)).to.equal(false);
      world.registry.login = basic;
      const registry = asked({ auth: basic });
      await registry.manifest(reference);
      await registry.manifest(reference);
      expect(world.registry.count(/manifests/), 'asked once, known from then on').to.equal(4);
    });

    it('says that credentials are missing, or wrong, and never which', async () => {
      world.registry.login = basic;
      expect((await failure(() => asked().manifest(reference), 'UNAUTHORIZED')).message).to.contain('Give a secret');
      const { message } = await failure(() => asked({ auth: wrong }).manifest(reference), 'UNAUTHORIZED');
      expect(message)
        .to.contain('does not accept')
        .and.to.contain('authentication required')
        .and.not.to.contain('wrong');
      expect(world.clock.waits, 'a refusal is not tried again').to.deep.equal([]);
    });

    it('tries the next credentials when the first are refused', async () => {
      world.registry.login = basic;
      await asked({ auth: () => [wrong, basic] }).manifest(reference);
      world.registry.login = { ...basic, kind: 'bearer' };
      await asked({ auth: () => [wrong, basic] }).manifest(reference);
    });

    it('fetches a token for the repository, once, also anonymously', async () => {
      world.registry.login = { kind: 'bearer' };
      const registry = asked();
      await registry.manifest(reference);
      await read(registry);
      expect(world.registry.count(/token/)).to.equal(1);
      expect(world.registry.asked.find((line) => line.includes('/token'))).to.equal(
        'GET /token?service=test+%22quoted%22&scope=repository%3Ateam%2Fa%3Apull',
      );
    });

    it('exchanges an identity token, in a body and not in a URL', async () => {
      world.registry.login = { kind: 'bearer', refreshToken: 'refresh-me' };
      await asked({ auth: { kind: 'identity-token', token: 'refresh-me' } }).manifest(reference);
      expect(world.registry.asked.join()).not.to.contain('refresh-me');
      await failure(
        () => asked({ auth: { kind: 'identity-token', token: 'no' } }).manifest(reference),
        'TOKEN_REFUSED',
      );
    });

    it('sends a registry token as it is', async () => {
      world.registry.login = { kind: 'bearer' };
      world.registry.tokens.set('ready', 'repository:team/a:pull');
      await asked({ auth: { kind: 'registry-token', token: 'ready' } }).manifest(reference);
      expect(world.registry.count(/token/)).to.equal(0);
    });

    it('fetches a new token before the old one runs out, and when it was taken back', async () => {
      world.registry.login = { kind: 'bearer', expiresIn: 100 };
      const registry = asked();
      await registry.manifest(reference);
      world.clock.time += 95_000;
      await registry.manifest(reference);
      expect(world.registry.count(/token/)).to.equal(2);
      world.registry.tokens.clear();
      await failure(() => registry.manifest(reference), 'UNAUTHORIZED');
    });

    it('tries the token service again when it is down', async () => {
      world.registry.login = { kind: 'bearer' };
      world.registry.faults = [
        (request) => (request.url.includes('/token') ? plain(503, { 'retry-after': '7' }) : undefined),
      ];
      await asked().manifest(reference);
      expect(world.clock.waits).to.deep.equal([7000]);
    });

    it('sends no password to a token service without TLS', async () => {
      world.registry.login = { ...basic, kind: 'bearer', realm: 'http://evil.test/token' };
      await failure(() => asked({ auth: basic }).manifest(reference), 'INSECURE');
      expect(world.registry.requests.every((request) => request.url.startsWith('https:'))).to.equal(true);
    });

    it('takes no token that would smuggle a header', async () => {
      world.registry.login = { kind: 'bearer' };
      world.registry.faults = [
        (request) =>
          request.url.includes('/token')
            ? { status: 200, headers: {}, body: Buffer.from('{"token":"a\\r\\nx: y"}') }
            : undefined,
      ];
      await failure(() => asked().manifest(reference), 'TOKEN_INVALID');
    });

    it('names a way to log in that it does not know', async () => {
      world.registry.faults = [() => error(401, 'UNAUTHORIZED', '', { 'www-authenticate': 'Negotiate' })];
      expect((await failure(() => asked().manifest(reference), 'CHALLENGE_UNSUPPORTED')).message).to.contain(
        'negotiate',
      );
    });

    it('reads several challenges of one header', () => {
      expect(
        parseChallenges('Basic realm="a, b", Bearer realm="https://x/t",service=s,scope="r:a:pull,push"'),
      ).to.deep.equal([
        { scheme: 'basic', parameters: { realm: 'a, b' } },
        { scheme: 'bearer', parameters: { realm: 'https://x/t', service: 's', scope: 'r:a:pull,push' } },
      ]);
    });
  });

  describe('being sent elsewhere', () => {
    it('follows to the storage, which sees no credentials', async () => {
      world.registry.storage = 'storage.test';
      world.registry.login = { kind: 'basic', username: 'u', password: 'p' };
      expect(
        await read(new Registry({ ...world.options, auth: { kind: 'basic', username: 'u', password: 'p' } })),
      ).to.have.length(50_000);
      const there = world.registry.requests.filter((request) => request.url.startsWith('https://storage.test'));
      expect(there).to.have.length(1);
      expect(there[0]!.headers).not.to.have.property('authorization');
    });

    it('does not follow to a place without TLS, and hides signatures', async () => {
      world.registry.faults = [onBlob(() => plain(307, { location: 'http://storage.test/x?sig=SECRET' }))];
      const { message } = await failure(read, 'INSECURE');
      expect(message).to.contain('storage.test').and.not.to.contain('SECRET');
    });

    it('does not run in circles', async () => {
      world.registry.faults = Array.from({ length: 9 }, () =>
        onBlob((request) => plain(307, { location: request.url })),
      );
      await failure(read, 'REDIRECT_LOOP');
    });
  });

  describe('answers that are no', () => {
    for (const [status, code] of [
      [404, 'NOT_FOUND'],
      [403, 'FORBIDDEN'],
      [400, 'REFUSED'],
    ] as const) {
      it(`calls ${status} ${code}, says what the registry says, and does not insist`, async () => {
        world.registry.faults = [() => error(status, 'MANIFEST_UNKNOWN', 'because of reasons')];
        const { message } = await failure(() => new Registry(world.options).manifest(reference), code);
        expect(message).to.contain('MANIFEST_UNKNOWN: because of reasons').and.to.contain('registry.test/team/a:1');
        expect(world.clock.waits).to.deep.equal([]);
      });
    }

    it('waits longer each time, as long as asked for, never longer than a minute', async () => {
      world.registry.faults = [
        () => plain(503),
        () => plain(429),
        () => plain(429, { 'retry-after': '30' }),
        () => plain(500, { 'retry-after': '9999' }),
      ];
      await new Registry(world.options).manifest(reference);
      expect(world.clock.waits).to.deep.equal([750, 1500, 30_000, 60_000]);
    });

    it('refuses a manifest that is not the one asked for, or longer than any', async () => {
      const { digest } = await new Registry(world.options).manifest(reference);
      const swapped: Fault = async (_, answer) => ({ ...(await answer()), body: Buffer.from('{"schemaVersion":2}') });
      world.registry.faults = [swapped];
      await failure(() => new Registry(world.options).manifest({ ...reference, digest }), 'DIGEST_MISMATCH');
      world.registry.faults = [async (_, answer) => ({ ...(await answer()), body: Buffer.alloc(5 * 2 ** 20, ' ') })];
      await failure(() => new Registry(world.options).manifest(reference), 'LIMIT_EXCEEDED');
    });
  });

  describe('over sockets', () => {
    it('pushes and pulls on loopback without TLS, and nowhere else unless told to', async () => {
      const server = createServer(async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const answer = await world.registry.transport({
          method: request.method as 'GET',
          url: `http://${request.headers.host}${request.url}`,
          headers: request.headers as Record<string, string>,
          body: Buffer.concat(parts),
          signal: new AbortController().signal,
        });
        response.writeHead(answer.status, answer.headers);
        for await (const part of answer.body) response.write(part);
        response.end();
      });
      await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
      try {
        const { port } = server.address() as AddressInfo;
        const files = [{ path: 'data/a', from: { content: Buffer.alloc(200_000, 'a') } }];
        const pushed = await pushImage({ ref: `127.0.0.1:${port}/t/a:1`, files, chunkBytes: 50_000 });
        const pulled = await pullFiles(pushed.pinned, { path: 'data', into: world.path('out') });
        expect(pulled.digest).to.equal(pushed.digest);
        const strict = new Registry({ plainHttp: 'never', retry: { attempts: 1, baseMs: 0, capMs: 0 } });
        await failure(() => strict.manifest(parseReference(pushed.pinned)), 'UNAVAILABLE');
        await failure(
          () =>
            new Registry({ transport: httpTransport(), retry: { attempts: 2, baseMs: 1, capMs: 1 } }).manifest(
              parseReference('127.0.0.1:1/a'),
            ),
          'UNAVAILABLE',
        );
      } finally {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    });

    it('asks other hosts over TLS unless all may be asked without', async () => {
      await new Registry(world.options).manifest(reference);
      await new Registry({ ...world.options, plainHttp: 'always' }).manifest(reference);
      expect(world.registry.requests.map((request) => new URL(request.url).protocol)).to.deep.equal([
        'https:',
        'http:',
      ]);
    });
  });
});
