import type { Transport } from '@kaito-sdk/core';

/** An answer of the API server, read to its end. */
export interface Answer {
  readonly status: number;
  readonly warning: string | undefined;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

/** One request with a JSON body, for what a client has no method for. */
export async function ask(transport: Transport, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await transport.request({
    method,
    path,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  let text = '';
  for await (const piece of response.body) text += piece;
  const json = response.headers['content-type']?.startsWith('application/json') === true;
  return { status: response.status, warning: response.headers.warning, body: json ? JSON.parse(text) : text };
}
