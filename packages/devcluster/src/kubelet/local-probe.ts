import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, Probe } from '../kinds.js';
import type { ProbeResult } from './container-runtime.js';
import { tryGrpc } from './grpc-probe.js';

type Endpoint = { readonly host: string; readonly port: number } | undefined;

/** The number that a probe's `port` means in this container. */
export function probePort(container: Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return (
    container.ports?.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  );
}

/** One HTTP, TCP or gRPC try. Failures are worded as the kubelet's HTTP client words them, with the pod's own address. */
export function tryEndpoint(
  probe: Probe,
  container: Container,
  address: string,
  endpoint: (port: number) => Endpoint,
  timeoutMs: number,
): Promise<ProbeResult> {
  const asked = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port ?? 0;
  const port = probePort(container, asked);
  if (port === undefined) return Promise.resolve({ ok: false, message: `couldn't find port: ${asked}` });
  const at = endpoint(port);
  const shown = `${address}:${port}`;
  if (probe.grpc !== undefined) return tryGrpc(probe.grpc.service ?? '', at, shown, timeoutMs);
  if (probe.httpGet === undefined) return tryTcp(at, shown, timeoutMs);
  return tryHttp(probe.httpGet, at, shown, timeoutMs);
}

function tryHttp(
  { path = '/', scheme = 'HTTP', httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  at: Endpoint,
  shown: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  const url = `${scheme.toLowerCase()}://${shown}${path}`;
  if (at === undefined) return Promise.resolve(refused(url, shown));
  return new Promise((resolve) => {
    const send = scheme === 'HTTPS' ? secureRequest : request;
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
    const call = send(
      {
        ...at,
        path,
        headers: { 'user-agent': 'kube-probe/1.34', ...headers },
        rejectUnauthorized: false,
        agent: false,
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        done(
          status >= 200 && status < 400
            ? { ok: true }
            : { ok: false, message: `HTTP probe failed with statuscode: ${status}` },
        );
      },
    );
    const timer = setTimeout(() => {
      done({
        ok: false,
        message: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      });
      call.destroy();
    }, timeoutMs);
    const done = (result: ProbeResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    call.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? refused(url, shown) : { ok: false, message: `Get "${url}": EOF` }),
    );
    call.end();
  });
}

function refused(url: string, shown: string): ProbeResult {
  return { ok: false, message: `Get "${url}": dial tcp ${shown}: connect: connection refused` };
}

function tryTcp(at: Endpoint, shown: string, timeoutMs: number): Promise<ProbeResult> {
  const no: ProbeResult = { ok: false, message: `dial tcp ${shown}: connect: connection refused` };
  if (at === undefined) return Promise.resolve(no);
  return new Promise((resolve) => {
    const socket = connect(at.port, at.host);
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      resolve({ ok: false, message: `dial tcp ${shown}: i/o timeout` });
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ ok: true });
    });
    socket.once('error', () => resolve(no));
  });
}
