import { connect, constants } from 'node:http2';
import type { ProbeResult } from './container-runtime.js';

/** States of `grpc.health.v1.HealthCheckResponse`, by their numbers. */
const states = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
const unimplemented = 12;

/** One call of `grpc.health.v1.Health/Check`, over clear HTTP/2 as the kubelet makes it. `shown` is the pod's own address, for messages. */
export function tryGrpc(
  service: string,
  at: { readonly host: string; readonly port: number } | undefined,
  shown: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  const unreachable: ProbeResult = {
    ok: false,
    message: `failed to connect service "${shown}" within ${timeoutMs / 1000}s: context deadline exceeded`,
  };
  if (at === undefined) return Promise.resolve(unreachable);
  return new Promise((resolve) => {
    const session = connect(`http://${at.host}:${at.port}`);
    const timer = setTimeout(() => done(unreachable), timeoutMs);
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(result);
    };
    session.once('error', () => done(unreachable));
    const call = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      'user-agent': 'kube-probe/1.34',
    });
    let code: number | undefined;
    let message = '';
    const pieces: Buffer[] = [];
    const learn = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] === undefined) return;
      code = Number(headers['grpc-status']);
      message = String(headers['grpc-message'] ?? '');
    };
    call.once('error', () => done(unreachable));
    // A call that fails at once says so in its only headers, and not in trailers.
    call.once('response', learn).once('trailers', learn);
    call.on('data', (piece: Buffer) => pieces.push(piece));
    call.once('end', () => {
      if (code === undefined) done(unreachable);
      else if (code !== 0) done({ ok: false, message: refusal(code, message) });
      else done(verdict(Buffer.concat(pieces)));
    });
    call.end(frame(service));
  });
}

/** A message of gRPC: not compressed, its length, and `HealthCheckRequest{service}` in protobuf. */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** `HealthCheckResponse{status}`: field 1, whose zero is left out. */
function verdict(answer: Buffer): ProbeResult {
  const status = answer.length >= 7 && answer[5] === 0x08 ? (answer[6] ?? 0) : 0;
  if (status === 1) return { ok: true };
  return { ok: false, message: `service unhealthy (responded with "${states[status] ?? status}")` };
}

function refusal(code: number, message: string): string {
  return code === unimplemented
    ? `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`
    : `rpc error: code = ${code} desc = ${message}`;
}
