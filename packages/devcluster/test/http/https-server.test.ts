import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiServer, type Backends, type Listening } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { parse } from 'yaml';

interface Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

function send(
  listening: Listening,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${listening.url}${path}`,
      {
        method,
        ca: listening.caPem,
        headers: {
          authorization: `Bearer ${listening.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (incoming) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(pieces).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('the server over HTTPS', () => {
  let server: ApiServer;
  let listening: Listening;
  let backend: Server;
  let port: number;
  beforeEach(async () => {
    backend = createServer((incoming, outgoing) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () => {
        outgoing.setHeader(
          'x-seen',
          `${incoming.method} ${incoming.url} ${incoming.headers.authorization ?? 'no token'}`,
        );
        outgoing.write(Buffer.concat(pieces));
        outgoing.end(' answered');
      });
    });
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    ({ port } = backend.address() as AddressInfo);
    const backends: Backends = {
      endpoint: (namespace, pod, number) =>
        namespace === 'default' && pod === 'p' && number === 5000 ? { host: '127.0.0.1', port } : undefined,
      log: (_namespace, _pod, container, { tailLines }) =>
        container === 'c'
          ? (async function* () {
              yield `one\n`;
              yield `tail ${tailLines}\n`;
            })()
          : undefined,
    };
    server = new ApiServer({ backends });
    listening = await server.listen();
  });
  afterEach(async () => {
    await server.stop();
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
  });

  const pod = {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 5000 }] }] },
  };
  const service = {
    metadata: { name: 's' },
    spec: { selector: { a: 'b' }, ports: [{ name: 'http', port: 80, targetPort: 5000 }] },
  };
  const ready = {
    metadata: { name: 's' },
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1', targetRef: { kind: 'Pod', name: 'p', namespace: 'default' } }],
        ports: [{ name: 'http', port: 5000 }],
      },
    ],
  };
  const post = (path: string, body: object): Promise<Reply> => send(listening, 'POST', path, JSON.stringify(body));

  it('answers to its own authority and token only', async () => {
    expect((await send(listening, 'GET', configMaps)).status).to.equal(200);
    expect((await send(listening, 'GET', configMaps, undefined, { authorization: '' })).status).to.equal(401);
    expect((await send(listening, 'GET', configMaps, undefined, { authorization: 'Bearer nope' })).status).to.equal(
      401,
    );
    expect((await send(listening, 'GET', '/readyz', undefined, { authorization: '' })).text).to.equal('ok');
    const stranger = await send({ ...listening, caPem: '' } as Listening, 'GET', configMaps).catch(
      (error: Error) => error.message,
    );
    expect(stranger).to.match(/certificate/);
  });

  it('hands out a kubeconfig that leads to it', () => {
    const config = parse(listening.kubeconfig());
    expect(config.clusters[0].cluster.server).to.equal(listening.url);
    expect(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString()).to.equal(
      listening.caPem,
    );
    expect(config.users[0].user.token).to.equal(listening.token);
    expect(config['current-context']).to.equal(config.contexts[0].name);
  });

  it('shares its state with the transport in process', async () => {
    await post(configMaps, { metadata: { name: 'a' }, data: { k: 'v' } });
    const found = await server.client.get({ group: '', version: 'v1', plural: 'configmaps' }, 'default', 'a');
    expect(found?.data).to.deep.equal({ k: 'v' });
  });

  it('streams a watch, and lets go of it when the client hangs up', async () => {
    const line = await new Promise<string>((resolve, reject) => {
      const outgoing = request(
        `${listening.url}${configMaps}?watch=true`,
        { ca: listening.caPem, headers: { authorization: `Bearer ${listening.token}` } },
        (incoming) => {
          incoming.once('data', (piece: Buffer) => {
            resolve(piece.toString());
            outgoing.destroy();
          });
          void post(configMaps, { metadata: { name: 'seen' } });
        },
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(JSON.parse(line)).to.deep.include({ type: 'ADDED' });
  });

  it('refuses bodies that are too large, broken, or no HTTP path', async () => {
    expect((await send(listening, 'POST', configMaps, 'x'.repeat(3 * 1024 * 1024 + 1))).status).to.equal(413);
    expect((await send(listening, 'POST', configMaps, '{{{')).status).to.equal(400);
    expect((await send(listening, 'POST', configMaps, Buffer.from([0xff, 0xfe, 0x00]))).status).to.equal(400);
    expect((await send(listening, 'GET', '/apis/%zz/v1/%ff')).status).to.equal(404);
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(
      (await send(listening, 'POST', configMaps, `{"metadata":{"name":"deep"},"data":${nested}}`)).status,
    ).to.equal(400);
    expect((await send(listening, 'GET', configMaps)).status).to.equal(200);
  });

  it('proxies to a ready pod of a Service, with the body and without the token', async () => {
    await post('/api/v1/namespaces/default/services', service);
    await post('/api/v1/namespaces/default/pods', pod);
    const path = '/api/v1/namespaces/default/services/s:80/proxy/chat?x=1';
    const nobody = await send(listening, 'POST', path, 'hello');
    expect(nobody.status).to.equal(503);
    expect(JSON.parse(nobody.text)).to.include({
      reason: 'ServiceUnavailable',
      message: 'no endpoints available for service "s"',
    });
    await post('/api/v1/namespaces/default/endpoints', ready);
    for (const name of ['s:80', 's:http', 'http:s:80', 's']) {
      const reply = await send(listening, 'POST', path.replace('s:80', name), 'hello');
      expect(reply.text).to.equal('hello answered');
      expect(reply.headers['x-seen']).to.equal('POST /chat?x=1 no token');
    }
    expect((await send(listening, 'GET', path.replace('s:80', 's:81'))).status).to.equal(503);
    expect((await send(listening, 'GET', path.replace('s:80', 'nope'))).status).to.equal(404);
  });

  it('says of a Service whose pods only play that they are ready that nothing listens there', async () => {
    await post('/api/v1/namespaces/default/services', service);
    const played = structuredClone(ready);
    for (const { addresses } of played.subsets) for (const { targetRef } of addresses) targetRef.name = 'played';
    await post('/api/v1/namespaces/default/endpoints', played);
    const { status, text } = await send(listening, 'POST', '/api/v1/namespaces/default/services/s:80/proxy/chat');
    expect(status).to.equal(503);
    expect(JSON.parse(text).message).to.match(/"s": its pods only play that they are ready, and no program listens/);
  });

  it('proxies to a pod, and says so when the pod is not reachable', async () => {
    await post('/api/v1/namespaces/default/pods', pod);
    const reply = await send(listening, 'GET', '/api/v1/namespaces/default/pods/p:5000/proxy/health');
    expect(reply.headers['x-seen']).to.equal('GET /health no token');
    expect((await send(listening, 'GET', '/api/v1/namespaces/default/pods/p:5001/proxy/')).status).to.equal(503);
  });

  it('answers 503 when the pod behind an address does not answer', async () => {
    await post('/api/v1/namespaces/default/pods', pod);
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
    const reply = await send(listening, 'GET', '/api/v1/namespaces/default/pods/p:5000/proxy/health');
    expect(reply.status).to.equal(503);
    expect(JSON.parse(reply.text).message).to.match(/^error trying to reach service/);
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  });

  it('streams the log of a container', async () => {
    await post('/api/v1/namespaces/default/pods', { ...pod, spec: { ...pod.spec, nodeName: 'node-1' } });
    const log = '/api/v1/namespaces/default/pods/p/log';
    expect((await send(listening, 'GET', `${log}?tailLines=5`)).text).to.equal('one\ntail 5\n');
    expect((await send(listening, 'GET', `${log}?container=nope`)).status).to.equal(400);
  });

  it('is closed by stop, and can be opened again', async () => {
    await server.stop();
    const refused = await send(listening, 'GET', configMaps).catch((error: Error & { code?: string }) => error.code);
    expect(refused).to.equal('ECONNREFUSED');
    const again = await server.listen();
    expect((await send(again, 'GET', configMaps)).status).to.equal(200);
  });

  it('warns of fields with names in any letters', async () => {
    const body = Buffer.from('{"metadata":{"name":"a"},"größe":1,"\\u0001":2,"大":3}');
    const { status, headers } = await send(listening, 'POST', configMaps, body);
    expect(status).to.equal(201);
    const warning = Buffer.from(String(headers.warning), 'latin1').toString();
    expect(warning).to.contain('größe').and.contain('\\u5927');
    expect(warning.match(/299 - /g)).to.have.length(3);
  });
});
