import { KubeError, ServerUnreachable, type Transport } from '@kaito-sdk/core';
import { type LogLine, logLine } from './log-line.js';

/** Whose log. */
export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** How much of it. */
export interface LogExtent {
  readonly follow?: boolean;
  /** Of the run before the present one. */
  readonly previous?: boolean;
  readonly tailLines?: number | undefined;
  /** RFC 3339: only what was written from then on. */
  readonly sinceTime?: string | undefined;
}

/** Characters. A container may print for ever without the end of a line; then the line is parted here. */
const LONGEST_LINE = 1 << 20;

/**
 * The log of a container as the API server gives it, line by line; with `follow` until the container ends.
 * @throws {KubeError} 400 while there is none yet, 404 without such a pod, 403
 * @throws {ServerUnreachable} also when it breaks off
 */
export async function* containerLog(
  transport: Transport,
  { namespace, pod, container }: LogSource,
  { follow = false, previous = false, tailLines, sinceTime }: LogExtent,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const query = new URLSearchParams({ container, timestamps: 'true' });
  if (follow) query.set('follow', 'true');
  if (previous) query.set('previous', 'true');
  if (tailLines !== undefined) query.set('tailLines', String(tailLines));
  if (sinceTime !== undefined) query.set('sinceTime', sinceTime);
  const method = 'GET';
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`;
  let rest = '';
  try {
    const response = await transport.request({ method, path, signal });
    if (response.status >= 300) {
      let body = '';
      for await (const piece of response.body) body += piece;
      throw KubeError.fromAnswer({ method, path }, response.status, response.headers, body);
    }
    for await (const piece of response.body) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield logLine(line);
      if (rest.length > LONGEST_LINE) {
        yield logLine(rest);
        rest = '';
      }
    }
  } catch (error) {
    if (KubeError.is(error)) throw error;
    throw new ServerUnreachable(method, path, error);
  }
  if (rest !== '') yield logLine(rest);
}
