import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { KubeResponse } from '../transport.js';
import { nodeHttp } from './node-http.js';

/** One request over the connections of an agent. */
export interface AgentRequest {
  readonly agent: Agent;
  readonly secure: boolean;
  readonly options: RequestOptions;
  readonly body: string | undefined;
  readonly beforeLeaving: (() => void) | undefined;
}

/** Sends over `node:http`, which is what the agents of proxies are made for. A read that met a stale connection is repeated. */
export async function agentRequest(request: AgentRequest): Promise<KubeResponse> {
  try {
    return await send(request);
  } catch (error) {
    // The server closed a kept connection just as we took it.
    if (request.options.method !== 'GET' || (error as { staleConnection?: boolean }).staleConnection !== true)
      throw error;
    return send(request);
  }
}

function send({ agent, secure, options, body, beforeLeaving }: AgentRequest): Promise<KubeResponse> {
  const { request } = secure ? process.getBuiltinModule('node:https') : nodeHttp();
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, agent }, (incoming) => resolve(answer(incoming)));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET';
      reject(stale ? Object.assign(error, { staleConnection: true }) : error);
    });
    if (beforeLeaving === undefined) {
      outgoing.end(body);
      return;
    }
    outgoing.once('socket', (socket) =>
      whenConnected(socket, () => {
        try {
          beforeLeaving();
          outgoing.end(body);
        } catch (error) {
          outgoing.destroy(error as Error);
        }
      }),
    );
  });
}

function whenConnected(socket: Socket, go: () => void): void {
  if ((socket as { secureConnecting?: boolean }).secureConnecting === true) socket.once('secureConnect', go);
  else if (socket.connecting) socket.once('connect', go);
  else go();
}

function answer(incoming: IncomingMessage): KubeResponse {
  incoming.setEncoding('utf8');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: incoming.statusCode ?? 0, headers, body: incoming };
}
