import { connect, type TLSSocket } from 'node:tls';
import { ApiServer, type Listening } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

/** A generator with a seed: what fails today fails tomorrow. */
function randomBytes(seed: number): (length: number) => Buffer {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return (length) => Buffer.from(Array.from({ length }, next));
}

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('the HTTPS port under abuse', () => {
  let server: ApiServer;
  let listening: Listening;
  let before: number;
  beforeEach(async () => {
    server = new ApiServer();
    listening = await server.listen();
    before = memory();
  });
  afterEach(async () => {
    // Whatever was done to it: it answers the next client, and what the abuse held is free again.
    expect(await statusOf(request('GET', `${configMaps}?limit=1`))).to.equal(200);
    expect(memory() - before, 'memory held').to.be.below(200);
    await server.stop();
  });

  /** MiB of the heap and of buffers beside it. */
  function memory(): number {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  }
  function open(): Promise<TLSSocket> {
    const { hostname, port } = new URL(listening.url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), ca: listening.caPem }, () => {
        // What the server does to such a client is its right.
        socket.off('error', reject).on('error', () => undefined);
        resolve(socket);
      }).once('error', reject);
    });
  }
  function request(method: string, path: string, body: string | Buffer = '', type = 'application/json'): Buffer {
    const head = [
      `${method} ${path} HTTP/1.1`,
      'host: localhost',
      `authorization: Bearer ${listening.token}`,
      `content-type: ${type}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ].join('\r\n');
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)]);
  }
  /** The status line's number, or undefined when the connection ended without one. */
  async function statusOf(bytes: Buffer): Promise<number | undefined> {
    const socket = await open();
    return new Promise((resolve) => {
      let text = '';
      socket.on('data', (piece: Buffer) => {
        if (text.length < 64) text += piece.toString('latin1');
      });
      socket.on('close', () => {
        const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
        resolve(status === undefined ? undefined : Number(status));
      });
      socket.end(bytes);
    });
  }

  it('outlives nine and a half thousand random bodies, refusing each', async function () {
    this.timeout(20_000);
    const bytes = randomBytes(1);
    const types = [
      'application/json',
      'application/yaml',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ];
    const statuses = new Set<number>();
    // What a client sends must not fill the server's own standard error.
    const warnings: unknown[] = [];
    const { emitWarning } = process;
    process.emitWarning = (warning: string | Error) => void warnings.push(warning);
    for (let i = 0; i < 9_500; i++) {
      const type = types[i % types.length] ?? '';
      const patch = type.includes('patch');
      const response = await server.transport.request({
        method: patch ? 'PATCH' : 'POST',
        path: patch ? `${configMaps}/a?fieldManager=f` : configMaps,
        headers: { 'content-type': type },
        body: bytes(1 + (i % 200)).toString('latin1'),
      });
      for await (const _ of response.body);
      statuses.add(response.status);
    }
    process.emitWarning = emitWarning;
    expect(warnings).to.deep.equal([]);
    expect([...statuses].filter((status) => status < 400 || status >= 500)).to.deep.equal([]);
  });

  it('outlives five hundred random requests on the wire, before and after the head', async function () {
    this.timeout(20_000);
    const bytes = randomBytes(2);
    const head = request('POST', configMaps, bytes(64)).subarray(0, -64);
    for (let i = 0; i < 500; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          const noise = bytes(1 + ((i + at) % 300));
          const status = await statusOf(at % 2 === 0 ? noise : Buffer.concat([head, noise.subarray(0, 64)]));
          expect(status ?? 400).to.be.within(400, 499);
        }),
      );
    }
  });

  it('refuses what is nested deeply, in JSON and in patches', async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const lists = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const body of [deep, lists, `{"metadata":{"name":"a"},"data":${deep}}`]) {
      expect(await statusOf(request('POST', configMaps, body))).to.be.within(400, 499);
      expect(await statusOf(request('PATCH', `${configMaps}/a`, body, 'application/merge-patch+json'))).to.be.within(
        400,
        499,
      );
    }
  });

  it('refuses a body that is too large without reading it to its end, and one that is said to be', async () => {
    expect(await statusOf(request('POST', configMaps, Buffer.alloc(8 * 2 ** 20, 'a')))).to.be.oneOf([413, undefined]);
    const said = Buffer.from(
      request('POST', configMaps).toString().replace('content-length: 0', 'content-length: 99999999999'),
    );
    expect(await statusOf(said)).to.be.oneOf([400, 413, undefined]);
  });

  it('answers for an object with a list of two hundred thousand', async () => {
    const finalizers = Array(200_000).fill('a/b');
    const status = await statusOf(request('POST', configMaps, JSON.stringify({ metadata: { name: 'l', finalizers } })));
    expect(status).to.be.within(200, 499);
  });

  it('serves a list of ten thousand objects to many readers, the slow ones and those that leave among them', async function () {
    this.timeout(20_000);
    const filler = 'x'.repeat(500);
    for (let i = 0; i < 10_000; i++) {
      await server.client.create(
        { group: '', version: 'v1', plural: 'configmaps' },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `m${i}`, namespace: 'default' }, data: { filler } },
      );
    }
    before = memory();
    const leaving = await Promise.all(Array.from({ length: 10 }, open));
    for (const socket of leaving) {
      socket.write(request('GET', configMaps));
      socket.once('data', () => socket.destroy());
    }
    const slow = await Promise.all(Array.from({ length: 5 }, open));
    for (const socket of slow) {
      socket.pause();
      socket.write(request('GET', `${configMaps}?watch=true`));
    }
    expect(await statusOf(request('GET', configMaps))).to.equal(200);
    for (const socket of slow) socket.destroy();
  });

  it('forgets clients that vanish in the middle of a head, of a body and of a watch', async () => {
    const parts = [
      'GET /api/v1/names',
      request('POST', configMaps, 'x'.repeat(1000)).subarray(0, -500),
      request('GET', `${configMaps}?watch=true`),
    ];
    for (let i = 0; i < 20; i++) {
      for (const part of parts) {
        const socket = await open();
        socket.write(part);
        socket.destroy();
      }
    }
  });
});
