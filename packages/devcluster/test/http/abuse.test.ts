import { Agent, request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

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
    try {
      expect(await statusOf(request('GET', `${configMaps}?limit=1`))).to.equal(200);
      expect(memory() - before, 'MiB held').to.be.below(64);
    } finally {
      await server.stop();
    }
  });

  /** MiB of the heap and of buffers beside it that somebody holds: what other tests left behind does not count. */
  function memory(): number {
    collectGarbage();
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

  /** A connection that is used again, for bodies that are read as bodies. The answer's status. */
  function send(agent: Agent, method: string, path: string, body: Buffer, type: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${listening.token}`, 'content-type': type };
      const outgoing = httpsRequest(listening.url + path, { method, agent, headers }, (incoming) => {
        incoming.resume().once('end', () => resolve(incoming.statusCode ?? 0));
        incoming.once('error', reject);
      });
      // A server may close a connection that is kept just when it is used again; then, and only then, one asks once more.
      outgoing.once('error', (error) => {
        if (outgoing.reusedSocket) send(agent, method, path, body, type).then(resolve, reject);
        else reject(error);
      });
      outgoing.end(body);
    });
  }

  it('outlives nine and a half thousand random bodies, refusing each, in bounded memory', async function () {
    this.timeout(120_000);
    const bytes = randomBytes(1);
    const types = [
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ];
    const statuses = new Set<number>();
    // What a client sends must not fill the server's own standard error.
    const warnings: unknown[] = [];
    const { emitWarning } = process;
    process.emitWarning = (warning: string | Error) => void warnings.push(warning);
    const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: listening.caPem });
    let most = 0;
    try {
      for (let i = 0; i < 9_500; i += 16) {
        const round = Array.from({ length: 16 }, (_, lane) => {
          const type = types[(i + lane) % types.length] ?? '';
          // Half of the bodies in protobuf have the right beginning.
          const begin = type.endsWith('protobuf') && lane % 2 === 0 ? 'k8s\0' : '';
          const body = Buffer.concat([Buffer.from(begin), bytes(1 + ((i + lane) % 200))]);
          return type.includes('patch')
            ? send(agent, 'PATCH', `${configMaps}/a?fieldManager=f`, body, type)
            : send(agent, 'POST', configMaps, body, type);
        });
        for (const status of await Promise.all(round)) statuses.add(status);
        if (i % 1_600 === 0) most = Math.max(most, memory());
      }
    } finally {
      process.emitWarning = emitWarning;
      agent.destroy();
    }
    expect(warnings).to.deep.equal([]);
    expect([...statuses].filter((status) => status < 400 || status >= 500)).to.deep.equal([]);
    expect(most - before, 'MiB held at its height').to.be.below(64);
  });

  it('outlives five hundred random requests on the wire, before and after the head', async function () {
    this.timeout(60_000);
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

  it('refuses what is nested deeply, in JSON, in patches, in YAML and in protobuf', async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const lists = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const body of [deep, lists, `{"metadata":{"name":"a"},"data":${deep}}`]) {
      expect(await statusOf(request('POST', configMaps, body))).to.be.within(400, 499);
      for (const type of ['application/merge-patch+json', 'application/apply-patch+yaml']) {
        expect(await statusOf(request('PATCH', `${configMaps}/a?fieldManager=f`, body, type))).to.be.within(400, 499);
      }
    }
  });

  it('refuses a definition in protobuf whose schema has no end', async () => {
    // JSONSchemaProps.not is field 28: each level holds the next.
    let level: Buffer = Buffer.alloc(0);
    const wrap = (tag: number[], inner: Buffer): Buffer => {
      const length: number[] = [];
      for (let rest = inner.length; ; rest >>>= 7) {
        length.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      return Buffer.concat([Buffer.from([...tag, ...length]), inner]);
    };
    for (let depth = 0; depth < 20_000; depth++) level = wrap([0xe2, 0x01], level);
    const version = wrap([0x22], wrap([0x0a], level));
    const spec = wrap([0x12], wrap([0x3a], version));
    const type = Buffer.concat([
      wrap([0x0a], Buffer.from('apiextensions.k8s.io/v1')),
      wrap([0x12], Buffer.from('CustomResourceDefinition')),
    ]);
    const body = Buffer.concat([Buffer.from('k8s\0'), wrap([0x0a], type), wrap([0x12], spec)]);
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect(await statusOf(request('POST', path, body, 'application/vnd.kubernetes.protobuf'))).to.be.within(400, 499);
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
    this.timeout(60_000);
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
