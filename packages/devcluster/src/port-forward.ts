import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A local port that stands for a Service. */
export interface PortForward {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on a free port of 127.0.0.1 and joins each connection to what `pick` answers at that moment. While there is nobody
 * to answer, connections are closed, as a Service without endpoints refuses them.
 */
export async function forwardPort(
  pick: () => { readonly host: string; readonly port: number } | undefined,
): Promise<PortForward> {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const target = pick();
    if (target === undefined) {
      incoming.destroy();
      return;
    }
    const outgoing = connect(target.port, target.host);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
