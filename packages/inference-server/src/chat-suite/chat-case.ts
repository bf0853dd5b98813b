import assert from 'node:assert/strict';

/** One behaviour that every server of `POST /chat` has. */
export interface ChatCase {
  /** A sentence about the behaviour. */
  readonly title: string;
  /** Checks it on the server at `baseUrl`, such as `http://127.0.0.1:5000`. Throws an AssertionError when it does not hold. */
  run(baseUrl: string): Promise<void>;
}

/** An answer of the server. */
export interface ChatAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Nothing when the answer is no JSON. */
  readonly body: unknown;
}

/** Sends a body to `/chat`; a string goes as it is. */
export async function post(baseUrl: string, body: unknown): Promise<ChatAnswer> {
  const response = await fetch(`${baseUrl}/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

/** The text of a good answer. */
export async function result(baseUrl: string, body: unknown): Promise<string> {
  const answer = await post(baseUrl, body);
  assert.equal(answer.status, 200, `expected 200, got ${answer.status} with ${JSON.stringify(answer.body)}`);
  const { Result } = answer.body as { readonly Result: unknown };
  assert.equal(typeof Result, 'string', `Result must be a string: ${JSON.stringify(answer.body)}`);
  return String(Result);
}

/** The detail of a refusal with this status. */
export async function refusal(baseUrl: string, body: unknown, status: number): Promise<unknown> {
  const answer = await post(baseUrl, body);
  assert.equal(answer.status, status, `expected ${status}, got ${answer.status} with ${JSON.stringify(answer.body)}`);
  return (answer.body as { readonly detail: unknown }).detail;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
