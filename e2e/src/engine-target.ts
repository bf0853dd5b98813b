import { HttpsTransport, RestClient, systemClock, type Transport } from '@kaito-sdk/core';
import { ApiServer } from '@kaito-sdk/devcluster';

/** An API server that the engine's behaviour is looked at on: a `ControlPlane` is one. */
export interface EngineTarget {
  readonly client: RestClient;
  /** Another connection, with its own sockets. */
  connect(): Transport;
  /** Ends the server and starts it again, with what it stores. */
  restartServer(): Promise<void>;
  stop(): Promise<void>;
}

/** A devcluster behind HTTPS, on the system's clock, without controllers. */
export async function devclusterTarget(): Promise<EngineTarget> {
  const server = new ApiServer();
  let listening = await server.listen();
  const { url } = listening;
  // Token and certificate are others after a restart, as in a cluster whose certificates are renewed.
  const credentials = async () => ({
    headers: { authorization: `Bearer ${listening.token}` },
    tls: { ca: listening.caPem },
  });
  const connect = () => new HttpsTransport({ access: { server: url, credentials }, clock: systemClock });
  const transport = connect();
  return {
    client: new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'e2e' }),
    connect,
    async restartServer() {
      await listening.close();
      listening = await server.listen({ port: Number(new URL(url).port) });
    },
    async stop() {
      await transport.close();
      await server.stop();
    },
  };
}
