import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { HttpsTransport, systemClock, type TlsMaterial, type Transport } from '@kaito-sdk/core/engine';
import { ApiServer, type Listening } from '@kaito-sdk/devcluster';
import { expect } from 'chai';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';

async function text(response: { readonly body: AsyncIterable<string> }): Promise<string> {
  let whole = '';
  for await (const piece of response.body) whole += piece;
  return whole;
}

describe('the pool of connections', () => {
  let server: Server;
  let sockets: Socket[];
  /** What the server does with each request, told the socket and how many came before on it. */
  let answer: (socket: Socket, nth: number) => void;
  let transport: Transport;

  beforeEach(async () => {
    sockets = [];
    answer = (socket) => socket.write(ok);
    server = createServer((socket) => {
      let nth = 0;
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => answer(socket, nth++));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    transport = to((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    await transport.close?.();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  function to(port: number): Transport {
    const access = { server: `http://127.0.0.1:${port}`, credentials: async () => ({ headers: {}, tls: {} }) };
    return new HttpsTransport({ access, clock: systemClock });
  }

  const get = async (signal?: AbortSignal) =>
    text(await transport.request({ method: 'GET', path: '/', ...(signal === undefined ? {} : { signal }) }));

  it('opens as many as there are requests at a time, and keeps them', async () => {
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all(Array.from({ length: 5 }, () => get()))).to.deep.equal(Array(5).fill('{}'));
    }
    expect(sockets).to.have.length(5);
  });

  it('takes a new one when the server has hung up in between', async () => {
    answer = (socket) => void socket.end(ok);
    await get();
    expect([await get(), sockets.length]).to.deep.equal(['{}', 2]);
  });

  it('does not use one again that the server will close before long', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n');
    await get();
    await get();
    expect(sockets).to.have.length(2);
  });

  it('throws one away on which the server says what it was not asked', async () => {
    answer = (socket) => socket.write(ok + ok);
    await get();
    expect([await get(), sockets.length]).to.deep.equal(['{}', 2]);
  });

  it('fails a request whose answer is cut off, and never takes it for whole', async () => {
    answer = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    expect(await get().catch(String)).to.match(/in the middle of the answer/);
  });

  it('fails a request that gets no HTTP for an answer', async () => {
    answer = (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n');
    expect(await get().catch(String)).to.match(/not HTTP/);
  });

  it('does not repeat a write whose kept connection breaks, for it may have arrived', async () => {
    let writes = 0;
    const write = () => transport.request({ method: 'PATCH', path: '/', body: '{}' });
    answer = (socket, nth) => {
      writes++;
      if (nth === 0) socket.write(ok);
      else socket.resetAndDestroy();
    };
    await text(await write());
    expect(await write().catch(({ name }) => name)).to.equal('StaleConnection');
    expect(writes).to.equal(2);
  });

  it('gives up a request that is aborted before, while it is sent, and while it is read', async () => {
    const reason = new Error('enough');
    expect(await get(AbortSignal.abort(reason)).catch((error) => error)).to.equal(reason);

    const abort = new AbortController();
    answer = () => abort.abort(reason);
    expect(await get(abort.signal).catch((error) => error)).to.equal(reason);

    const later = new AbortController();
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n');
    const { body } = await transport.request({ method: 'GET', path: '/', signal: later.signal });
    const read = text({ body }).catch((error) => error);
    later.abort(reason);
    expect(await read).to.equal(reason);
    expect(sockets).to.have.length(2);
  });

  it('gives up a connection attempt that is aborted', async () => {
    const abort = new AbortController();
    const unreachable = to(1);
    const waiting = unreachable.request({ method: 'GET', path: '/', signal: abort.signal }).catch((error) => error);
    abort.abort(new Error('enough'));
    expect(String(await waiting)).to.match(/enough|ECONNREFUSED/);
  });

  it('closes a connection whose reader leaves early', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n');
    const { body } = await transport.request({ method: 'GET', path: '/?watch=true' });
    const [socket] = sockets;
    for await (const _ of body) break;
    if (socket !== undefined && !socket.closed) await once(socket, 'close');
    expect(socket?.destroyed).to.equal(true);
  });

  it('ends what is under way when it is closed', async () => {
    answer = () => void transport.close?.();
    expect(await get().catch(String)).to.match(/transport was closed/);
  });

  it('refuses a header or a path that would break out of its line', async () => {
    const bad = { method: 'GET', path: '/', headers: { authorization: 'Bearer secret\nx: y' } };
    const refusal = await transport.request(bad).catch(String);
    expect(refusal)
      .to.match(/header "authorization".*stray newline/)
      .and.not.match(/secret/);
    expect(await transport.request({ method: 'GET', path: '/a b' }).catch(String)).to.match(/path "\/a b"/);
    expect(sockets).to.have.length(0);
  });

  /** What a process writes that makes one request, after some words of its own. */
  async function another(words = ''): Promise<string> {
    const { port } = server.address() as AddressInfo;
    const program = `
      import { HttpsTransport, systemClock } from '@kaito-sdk/core/engine';
      ${words}
      const access = { server: 'http://127.0.0.1:${port}', credentials: async () => ({ headers: {}, tls: {} }) };
      const { body, status } = await new HttpsTransport({ access, clock: systemClock }).request({ method: 'GET', path: '/' });
      for await (const piece of body) console.log(status, piece);`;
    const options = { cwd: import.meta.dirname };
    return (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], options)).stdout;
  }

  it('does not keep a process alive that has nothing else to do', async () => {
    expect(await another()).to.equal('200 {}\n');
  }).timeout(20_000);

  it('reads answers in a process that has put the same parser in the place of the one of Node', async () => {
    const words = `
      import { HTTPParser } from 'http-parser-js';
      // What Node asks it for, by which it knows.
      void HTTPParser.kOnExecute;`;
    expect(await another(words)).to.equal('200 {}\n');
  }).timeout(20_000);
});

describe('the pool of connections, over TLS', () => {
  let api: ApiServer;
  let listening: Listening;
  let minutes: number;

  beforeEach(async () => {
    api = new ApiServer();
    listening = await api.listen();
    minutes = 0;
  });
  afterEach(() => api.stop());

  function over(tls: () => TlsMaterial): HttpsTransport {
    const credentials = async () => ({ headers: { authorization: `Bearer ${listening.token}` }, tls: tls() });
    return new HttpsTransport({ access: { server: listening.url, credentials }, clock: { ...systemClock, now } });
  }
  // Each look at the clock is a minute later, so that credentials are asked for again.
  const now = () => minutes++ * 60_000;

  it('trusts no server that another authority vouches for', async () => {
    const stranger = over(() => ({}));
    expect(await stranger.request({ method: 'GET', path: '/version' }).catch(({ code }) => code)).to.match(
      /SELF_SIGNED|UNABLE_TO_VERIFY/,
    );
    await stranger.close();
  });

  it('reads its credentials again when a certificate is refused, and sends even a write once more, for it was not sent', async () => {
    const asked: boolean[] = [];
    const credentials = async (fresh: boolean) => {
      asked.push(fresh);
      return {
        headers: { authorization: `Bearer ${listening.token}` },
        tls: fresh ? { ca: listening.caPem } : {},
      };
    };
    const transport = new HttpsTransport({ access: { server: listening.url, credentials }, clock: systemClock });
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    const create = {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(map),
    };
    expect((await transport.request(create)).status).to.equal(201);
    expect((await transport.request(create)).status).to.equal(409);
    expect(asked).to.deep.equal([false, true]);
    await transport.close();
  });

  it('goes on with a new pool when the certificates change, and with the old one when they are only read again', async () => {
    let ca = listening.caPem;
    const transport = over(() => ({ ca }));
    const version = async () => (await text(await transport.request({ method: 'GET', path: '/version' }))).length;
    const length = await version();
    expect(await version()).to.equal(length);
    ca = `${listening.caPem}\n`;
    expect(await version()).to.equal(length);
    ca = 'not a certificate';
    expect(await version().catch(String)).to.match(/PEM|certificate|SELF_SIGNED|self-signed/i);
    await transport.close();
  });
});
