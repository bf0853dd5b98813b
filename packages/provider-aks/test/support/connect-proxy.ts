import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A proxy as companies have one: it takes CONNECT, and names that only it can resolve. */
export interface ConnectProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `HOST:PORT` of every CONNECT, with the credentials that came along. */
  readonly asked: string[];
  close(): Promise<void>;
}

/**
 * Opens a loopback port. Where a name of `names` is asked for the way leads to that port of this machine; every other one is refused with 403.
 * @param password asked for as `user:password`; without it a CONNECT is refused with 407
 */
export async function connectProxy(names: Readonly<Record<string, number>>, password?: string): Promise<ConnectProxy> {
  const asked: string[] = [];
  const tunnels = new Set<{ destroy(): unknown }>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, socket, head) => {
    const wanted = request.url ?? '';
    asked.push(wanted);
    tunnels.add(socket);
    socket.on('error', () => undefined);
    const { 'proxy-authorization': authorization } = request.headers;
    const allowed = password === undefined || authorization === `Basic ${Buffer.from(password).toString('base64')}`;
    const port = names[wanted];
    if (!allowed || port === undefined) {
      socket.end(`HTTP/1.1 ${allowed ? '403 Forbidden' : '407 Proxy Authentication Required'}\r\n\r\n`);
      return;
    }
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    tunnels.add(there);
    there.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      // A tunnel is the server's no more.
      for (const tunnel of tunnels) tunnel.destroy();
      await closed;
    },
  };
}
