import type { KubeObject, Transport } from '@kaito-sdk/core';
import { exchange } from './exchange.js';
import { QuickstartFailure } from './failure.js';

/** Asks the model behind a Workspace's Service, through the API server's proxy: `POST /chat`. */
export async function ask(
  transport: Transport,
  { metadata }: KubeObject,
  prompt: string,
  signal?: AbortSignal,
): Promise<string> {
  const service = `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}:80`;
  const { status, body } = await exchange(transport, {
    method: 'POST',
    path: `${service}/proxy/chat`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ prompt, return_full_text: false }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (status !== 200) throw new QuickstartFailure(`POST /chat answered ${status}: ${body.trim()}`);
  const { Result: answer } = JSON.parse(body) as { Result?: unknown };
  if (typeof answer !== 'string') throw new QuickstartFailure(`POST /chat answered without a "Result": ${body.trim()}`);
  return answer.trim();
}
