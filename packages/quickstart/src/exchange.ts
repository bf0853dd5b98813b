import type { KubeRequest, Transport } from '@kaito-sdk/core';

/** The whole answer to one request. */
export interface Exchange {
  readonly status: number;
  readonly body: string;
}

/** Sends one request and reads the answer to its end. */
export async function exchange(transport: Transport, request: KubeRequest): Promise<Exchange> {
  const response = await transport.request(request);
  let body = '';
  for await (const piece of response.body) body += piece;
  return { status: response.status, body };
}
