import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FakeRegistry } from './fake-registry.js';

/** A registry that programs can reach. */
export interface ServedRegistry {
  /** Host and port, as they stand in image references. Plain HTTP, on this machine only. */
  readonly host: string;
  close(): Promise<void>;
}

/** Opens a port of this machine for a registry in memory, for tests in which the client is a process of its own. */
export async function serveRegistry(registry: FakeRegistry): Promise<ServedRegistry> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const abort = new AbortController();
    outgoing.on('close', () => abort.abort());
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    try {
      const answer = await registry.transport({
        method: incoming.method as 'GET',
        url: `http://${incoming.headers.host}${incoming.url ?? '/'}`,
        headers,
        body: Buffer.concat(chunks),
        signal: abort.signal,
      });
      outgoing.writeHead(answer.status, answer.headers);
      await pipeline(Readable.from(answer.body, { objectMode: false }), outgoing);
    } catch {
      // As a connection that breaks.
      outgoing.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  registry.host = host;
  return {
    host,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
