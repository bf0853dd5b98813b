import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { makeCertificates } from '../../http/certificates.js';
import type { ArmRequest, ArmResponse } from './arm-exchange.js';

/** An HTTPS port with the simulated Resource Manager behind it. The Azure SDK sends its tokens over TLS only. */
export interface ArmListening {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  /** The authority that signed its certificate, in PEM. */
  readonly caPem: string;
  close(): Promise<void>;
}

/** Opens a loopback port. @param now milliseconds, for the certificate's dates @param names that it is to be known by as well */
export async function serveArm(
  handle: (request: ArmRequest) => Promise<ArmResponse>,
  now: number,
  port: number,
  names: readonly string[] = [],
): Promise<ArmListening> {
  const { ca, certificate, key } = await makeCertificates(now, ['127.0.0.1', 'localhost', ...names]);
  const server = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    const answer = async () => {
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      );
      const url = new URL(incoming.url ?? '/', `https://${incoming.headers.host ?? '127.0.0.1'}`);
      const response = await handle({ method: incoming.method ?? 'GET', url, headers, body: await text(incoming) });
      const type = response.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
      outgoing.writeHead(response.status, { ...type, ...response.headers });
      outgoing.end(response.body === undefined ? undefined : JSON.stringify(response.body));
    };
    answer().catch(() => outgoing.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: ca,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
