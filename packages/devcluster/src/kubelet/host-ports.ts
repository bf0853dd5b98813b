import { type AddressInfo, createServer, type Server } from 'node:net';

const taken = new Set<number>();

/** Free ports of 127.0.0.1, none of them given out twice by this process until it is given back. */
export async function takeHostPorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const server = await listen();
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    if (taken.has(port)) continue;
    taken.add(port);
    ports.push(port);
  }
  // All are held until the end, so that the system cannot answer the same one again.
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function giveHostPorts(ports: Iterable<number>): void {
  for (const port of ports) taken.delete(port);
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
