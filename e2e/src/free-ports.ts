import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below what systems give to connections and to whoever asks for any port (from 32768 on Linux, from 49152 elsewhere): between here and the
 * program that takes it, nobody else gets such a port by chance.
 */
const FIRST = 20_000;
const BEYOND = 32_768;

/** So many loopback ports that nobody uses now; all are held until the last is known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a listening TCP socket has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

async function listening(): Promise<Server> {
  for (let left = 100; ; left--) {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(randomInt(FIRST, BEYOND), '127.0.0.1', resolve);
      });
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || left === 0) throw error;
    }
  }
}
