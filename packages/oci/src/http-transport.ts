import { type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Inside, type Lookup } from './inside.js';
import type { RegistryAnswer, RegistryTransport } from './transport.js';

/** How to trust the registries. */
export interface HttpTransportOptions {
  /** PEM certificates of private authorities, instead of the well-known ones. */
  readonly ca?: string;
  /** Of the names of hosts. Default: the system's. */
  readonly lookup?: Lookup;
}

/** HTTP and HTTPS through Node itself; the only file that opens sockets. */
export function httpTransport(options: HttpTransportOptions = {}): RegistryTransport {
  const inside = new Inside(options.lookup);
  return async (request) => {
    await inside.refuse(new URL(request.url), request.onBehalfOf);
    return new Promise<RegistryAnswer>((resolve, reject) => {
      const secure = request.url.startsWith('https:');
      const headers = {
        ...request.headers,
        ...(request.body === undefined && request.method !== 'POST'
          ? {}
          : { 'content-length': String(request.body?.length ?? 0) }),
      };
      const lookup = inside.guard(request.onBehalfOf);
      const init = { method: request.method, headers, signal: request.signal, lookup };
      const sent = secure
        ? secureRequest(request.url, { ...init, ...(options.ca === undefined ? {} : { ca: options.ca }) })
        : plainRequest(request.url, init);
      sent.on('error', reject);
      sent.on('response', (answer) => {
        resolve({ status: answer.statusCode ?? 0, headers: joined(answer.headers), body: answer });
      });
      sent.end(request.body);
    });
  };
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
