import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.js';

/** A request as a handler sees it. */
export interface Call {
  /** Aborted when the client hangs up before the answer is complete. */
  readonly signal: AbortSignal;
  /** The parsed JSON body. @throws Problem 413 when it is too large, 422 when it is not JSON. */
  body(): Promise<unknown>;
}

/** What a handler answers. */
export type Reply =
  | { readonly kind: 'json'; readonly body: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly body: string }
  /** Server-sent events; each item is the data of one. Ends with `[DONE]`, as OpenAI's API does. */
  | { readonly kind: 'events'; readonly events: AsyncIterable<string> };

/** A path, its method, and the words in which it says that something is wrong. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  handle(call: Call): Promise<Reply>;
}

/** Reads a body of at most `limit` bytes as JSON, whatever the content type says: many clients of `curl -d` forget to say it. */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > limit)
      throw new Problem(413, `the body is larger than ${limit} bytes, the most that this server reads`, {
        code: 'body_too_large',
        headers: { Connection: 'close' },
      });
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '')
    throw Problem.malformed([{ path: [], message: 'Field required: the body is empty', type: 'missing' }]);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Problem.malformed([{ path: [], message: `JSON decode error: ${reason}`, type: 'json_invalid' }]);
  }
}
