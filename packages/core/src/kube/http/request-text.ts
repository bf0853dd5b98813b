import { kubeErrors } from '../kube-errors.js';

/** What cannot stand in a header without becoming something else: line ends above all. */
const unsendable = /[^\t\x20-\x7e]/;
/** What would end the path, or the line. */
const notInPath = /[^\x21-\x7e]/;
const withBody = new Set(['POST', 'PUT', 'PATCH']);

/** A request as HTTP/1.1 writes it. Throws rather than to let a value break out of its line. */
export function requestText(request: {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}): string {
  const { method, path, headers, body } = request;
  if (notInPath.test(path)) throw kubeErrors.NOT_SENDABLE('path', path);
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    // The value is left out of the message: it may be a secret.
    if (unsendable.test(value)) throw kubeErrors.NOT_SENDABLE('header', name);
    text += `${name}: ${value}\r\n`;
  }
  if (body !== undefined) text += `content-length: ${Buffer.byteLength(body)}\r\n`;
  else if (withBody.has(method)) text += 'content-length: 0\r\n';
  return `${text}\r\n${body ?? ''}`;
}
