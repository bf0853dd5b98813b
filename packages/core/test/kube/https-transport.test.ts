import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_MAPS, connect, HttpsTransport, inClusterAccess, systemClock } from '@kaito-sdk/core';
import { expect } from 'chai';
import { TestServer, WIDGETS } from '../engine/support/test-server.js';
import { widget, widgetOperator } from '../engine/support/widgets.js';

describe('the transport over sockets', () => {
  let server: Server;
  let url: string;
  let connections: number;
  let sockets: Set<Socket>;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let transport: HttpsTransport;
  let token: string;
  let asked: boolean[];

  beforeEach(async () => {
    connections = 0;
    sockets = new Set();
    answer = (_request, response) => void response.end('{}');
    server = createServer((request, response) => answer(request, response));
    server.on('connection', (socket) => {
      connections++;
      sockets.add(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    token = 'first';
    asked = [];
    transport = new HttpsTransport({
      clock: systemClock,
      userAgent: 'widget-operator/1',
      access: {
        server: `${url}/prefix/`,
        credentials: async (fresh) => {
          asked.push(fresh);
          return { headers: { authorization: `Bearer ${token}` }, tls: {} };
        },
      },
    });
  });

  afterEach(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function body(response: { readonly body: AsyncIterable<string> }): Promise<string> {
    let text = '';
    for await (const piece of response.body) text += piece;
    return text;
  }

  it('sends method, path below the prefix, headers and body, and brings back the answer', async () => {
    answer = (request, response) => {
      request.setEncoding('utf8');
      let sent = '';
      request.on('data', (piece: string) => {
        sent += piece;
      });
      request.on('end', () => {
        response.writeHead(201, { 'x-a': ['1', '2'] });
        const { authorization, 'user-agent': agent, 'content-type': type } = request.headers;
        response.end(JSON.stringify([request.method, request.url, authorization, agent, type, sent]));
      });
    };
    const response = await transport.request({
      method: 'POST',
      path: '/api/v1/nodes?dryRun=All',
      headers: { 'content-type': 'application/json' },
      body: '{"ä":1}',
    });
    expect([response.status, response.headers['x-a']]).to.deep.equal([201, '1, 2']);
    expect(JSON.parse(await body(response))).to.deep.equal([
      'POST',
      '/prefix/api/v1/nodes?dryRun=All',
      'Bearer first',
      'widget-operator/1',
      'application/json',
      '{"ä":1}',
    ]);
  });

  it('uses one connection for requests that follow each other', async () => {
    for (let i = 0; i < 20; i++) await body(await transport.request({ method: 'GET', path: '/' }));
    expect(connections).to.equal(1);
    expect(asked).to.deep.equal([false]);
  });

  it('asks for fresh credentials when the old ones are refused, and tries once more', async () => {
    answer = (request, response) => {
      const good = request.headers.authorization === 'Bearer second';
      response.writeHead(good ? 200 : 401).end(good ? 'in' : 'out');
    };
    await body(await transport.request({ method: 'GET', path: '/' }));
    token = 'second';
    const response = await transport.request({ method: 'GET', path: '/' });
    expect([response.status, await body(response)]).to.deep.equal([200, 'in']);
    token = 'third';
    expect((await transport.request({ method: 'GET', path: '/' })).status).to.equal(200);
  });

  it('asks whether a request may leave when its credentials are there, and not before', async () => {
    const steps: string[] = [];
    const slow = new HttpsTransport({
      clock: systemClock,
      access: {
        server: url,
        credentials: async () => {
          steps.push('credentials');
          return { headers: {}, tls: {} };
        },
      },
    });
    const write = { method: 'POST', path: '/', body: '{}', beforeLeaving: () => void steps.push('may it leave?') };
    expect(await body(await slow.request(write))).to.equal('{}');
    expect(await body(await slow.request(write))).to.equal('{}');
    await slow.close();
    expect(steps).to.deep.equal(['credentials', 'may it leave?', 'may it leave?']);
  });

  it('keeps a request back that may not leave, and serves the next', async () => {
    const seen: string[] = [];
    answer = (request, response) => {
      seen.push(request.method ?? '');
      response.end('{}');
    };
    const beforeLeaving = () => {
      throw new Error('not ours any more');
    };
    for (let i = 0; i < 2; i++) {
      const refused = await transport.request({ method: 'POST', path: '/', body: '{}', beforeLeaving }).catch(String);
      expect(refused).to.equal('Error: not ours any more');
    }
    await body(await transport.request({ method: 'GET', path: '/' }));
    expect(seen).to.deep.equal(['GET']);
  });

  it('streams a watch piece by piece, with characters cut anywhere put together', async () => {
    const bytes = Buffer.from('{"name":"ä"}\n');
    let more: () => void = () => undefined;
    answer = (_request, response) => {
      response.write(bytes.subarray(0, 10));
      more = () => response.end(bytes.subarray(10));
    };
    const response = await transport.request({ method: 'GET', path: '/?watch=true' });
    const pieces: string[] = [];
    for await (const piece of response.body) {
      pieces.push(piece);
      more();
    }
    expect(pieces.join('')).to.equal('{"name":"ä"}\n');
  });

  it('ends a watch when it is aborted', async () => {
    answer = (_request, response) => void response.write('{}\n');
    const abort = new AbortController();
    const response = await transport.request({ method: 'GET', path: '/', signal: abort.signal });
    let failed = false;
    try {
      for await (const _ of response.body) abort.abort();
    } catch {
      failed = true;
    }
    expect(failed).to.equal(true);
  });

  it('sends a read again when the server had closed the connection it was given', async () => {
    await body(await transport.request({ method: 'GET', path: '/' }));
    answer = (_request, response) => {
      answer = (_again, fine) => void fine.end('again');
      response.socket?.resetAndDestroy();
    };
    expect(await body(await transport.request({ method: 'GET', path: '/' }))).to.equal('again');
    answer = (_request, response) => response.socket?.resetAndDestroy();
    expect(await transport.request({ method: 'POST', path: '/' }).catch(() => 'failed')).to.equal('failed');
  });

  it('rejects when there is no server', async () => {
    const nobody = new HttpsTransport({
      clock: systemClock,
      access: { server: 'http://127.0.0.1:1', credentials: async () => ({ headers: {}, tls: {} }) },
    });
    expect(await nobody.request({ method: 'GET', path: '/' }).catch(String)).to.match(/ECONNREFUSED/);
  });

  it('carries a whole operator over HTTPS, with what a kubeconfig says', async () => {
    const cluster = await TestServer.start(systemClock);
    const listening = await cluster.server.listen();
    const directory = await mkdtemp(join(tmpdir(), 'kaito-sdk-'));
    try {
      const file = join(directory, 'config');
      await writeFile(file, listening.kubeconfig());
      const connected = await connect({ clock: systemClock, kubeconfig: file, environment: {} });
      const { operator } = widgetOperator({ transport: connected, clock: systemClock, random: Math.random, name: 'w' });
      await operator.start();
      const informer = operator.cache.informer(CONFIG_MAPS);
      const made = new Promise<void>((resolve) => {
        informer.subscribe(({ object }) => {
          if (object.metadata.name === 'a') resolve();
        });
      });
      await operator.client.create(WIDGETS, widget('a', 1));
      await made;
      await operator.stop();
      await connected.close?.();
      expect((await cluster.at(CONFIG_MAPS, 'a'))?.data).to.deep.equal({ size: '1' });
    } finally {
      await listening.close();
      await rm(directory, { recursive: true });
    }
  }).timeout(20_000);

  describe('with the identity of', () => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kaito-sdk-'));
    });

    afterEach(async () => {
      await rm(directory, { recursive: true });
    });

    it('its pod reads token and CA each time it is asked', async () => {
      await writeFile(join(directory, 'token'), 'one\n');
      await writeFile(join(directory, 'ca.crt'), 'CA');
      const access = inClusterAccess(
        { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' },
        directory,
      );
      expect(access?.server).to.equal('https://[fd00::1]:6443');
      expect((await access?.credentials(false))?.headers).to.deep.equal({ authorization: 'Bearer one' });
      await writeFile(join(directory, 'token'), 'two');
      const { headers, tls } = (await access?.credentials(true)) ?? { headers: {}, tls: {} };
      expect([headers.authorization, String(tls.ca)]).to.deep.equal(['Bearer two', 'CA']);
      expect(inClusterAccess({})).to.equal(undefined);
    });

    it('a kubeconfig sends its token', async () => {
      const file = join(directory, 'config');
      await writeFile(file, kubeconfig(url));
      answer = (request, response) => void response.end(request.headers.authorization);
      const connected = await connect({ clock: systemClock, kubeconfig: file, environment: {} });
      expect(await body(await connected.request({ method: 'GET', path: '/' }))).to.equal('Bearer secret');
      await connected.close?.();
      const wrong = connect({ clock: systemClock, kubeconfig: file, context: 'nowhere', environment: {} });
      expect(await wrong.catch(String)).to.match(/no context 'nowhere' with a cluster/);
    }).timeout(10_000);
  });
});

function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  });
}
