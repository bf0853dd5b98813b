import { kubeErrors } from '../kube-errors.js';

type Headers = Readonly<Record<string, string>>;

/** What cannot stand in a header without becoming something else: line ends above all. */
const unsendable = /[^\t\x20-\x7e]/;
/** What would end the path, or the line. */
const notInPath = /[^\x21-\x7e]/;
const withBody = new Set(['POST', 'PUT', 'PATCH']);

/** The headers that all requests under one set of credentials have in common: checked and written out once. */
export class CommonHeaders {
  private readonly lines: string;

  constructor(readonly all: Headers) {
    this.lines = headerLines(all);
  }

  /** With the headers of one request, which go before a common one of the same name. */
  linesWith(own: Headers): string {
    for (const name in own) if (name in this.all) return headerLines({ ...this.all, ...own });
    return this.lines + headerLines(own);
  }
}

/** A request as HTTP/1.1 writes it. Throws rather than to let a value break out of its line. */
export function requestText(request: {
  readonly method: string;
  readonly path: string;
  readonly common: CommonHeaders;
  readonly headers: Headers | undefined;
  readonly body: string | undefined;
}): string {
  const { method, path, common, headers = {}, body } = request;
  if (notInPath.test(path)) throw kubeErrors.NOT_SENDABLE('path', path);
  const lines = `${method} ${path} HTTP/1.1\r\n${common.linesWith(headers)}`;
  if (body !== undefined) return `${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  return withBody.has(method) ? `${lines}content-length: 0\r\n\r\n` : `${lines}\r\n`;
}

function headerLines(headers: Headers): string {
  let lines = '';
  for (const name in headers) {
    const value = headers[name] ?? '';
    // The value is left out of the message: it may be a secret.
    if (unsendable.test(value)) throw kubeErrors.NOT_SENDABLE('header', name);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
