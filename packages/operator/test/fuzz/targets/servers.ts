import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { jsonLog, Metrics, systemClock } from '@kaito-sdk/core';
import { type Engine, InferenceServer, systemClock as serverClock } from '@kaito-sdk/inference-server';
import { renewed, WebhookServer } from '@kaito-sdk/operator';
import fc from 'fast-check';
import { defaultWorkspaces, validateWorkspaces } from '../../../dist/webhook/admission-review.js';
import { deepText, hostileJson, hostileText, type Json, MARKER } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { quiet, type Target } from '../target.js';
import { VALID } from './manifests.js';

interface Input {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Bytes of the request that are sent; the rest never comes. */
  readonly cut: number | null;
}

const inputs = (paths: readonly string[], bodies: fc.Arbitrary<string>): fc.Arbitrary<Input> =>
  fc.record({
    method: fc.oneof(
      { weight: 6, arbitrary: fc.constant('POST') },
      fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'X'),
      hostileText,
    ),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...paths) },
      hostileText.map((text) => `/${text}`),
      hostileText,
    ),
    headers: fc.array(
      fc.oneof(
        fc.constantFrom(
          ['transfer-encoding', 'chunked'],
          ['content-length', '5'],
          ['content-length', '-1'],
          ['expect', '100-continue'],
          ['content-type', 'text/plain'],
          ['connection', 'upgrade'],
          ['upgrade', 'websocket'],
          ['accept-encoding', 'gzip'],
          ['authorization', `Bearer ${MARKER}`],
        ),
        fc.tuple(hostileText, hostileText),
      ) as fc.Arbitrary<[string, string]>,
      { maxLength: 4 },
    ),
    body: fc.oneof(
      { weight: 5, arbitrary: bodies },
      { weight: 1, arbitrary: hostileJson.map((json) => JSON.stringify(json)) },
      { weight: 1, arbitrary: hostileText },
      { weight: 1, arbitrary: deepText },
    ),
    cut: fc.option(fc.nat({ max: 300 }), { freq: 6 }),
  });

/** Sends raw bytes and answers all that came back before the server closed or one whole answer was there. */
function exchange(open: () => Socket, { method, path, headers, body, cut }: Input): Promise<string> {
  const framed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: x',
    'connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (!framed) lines.push(`content-length: ${Buffer.byteLength(body)}`);
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return new Promise((resolve) => {
    const socket = open();
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece) => {
      answer += piece;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    // What is not whole is ended by us: the server would wait for the rest as long as it lets anybody.
    socket.end(cut === null ? bytes : bytes.subarray(0, cut));
  });
}

/** Every answer is one that HTTP knows, and afterwards the server answers as before. */
async function asks(
  open: () => Socket,
  input: Input,
  sound: Input,
  expected: RegExp,
  log: () => string,
): Promise<void> {
  const answer = await exchange(open, input);
  if (answer !== '' && !/^HTTP\/1\.1 [1-5]\d\d /.test(answer))
    throw new Error(`it answers ${JSON.stringify(answer.slice(0, 200))}`);
  if (/^HTTP\/1\.1 500/.test(answer)) throw new Error(`it answers 500: ${answer.slice(0, 400)}`);
  quiet(answer, 'the answer');
  quiet(log(), 'the log');
  const after = await exchange(open, sound);
  if (!expected.test(after)) throw new Error(`afterwards it answers ${JSON.stringify(after.slice(0, 200))}`);
}

const reviews = mutated(
  ...VALID.map((object) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u1', operation: 'UPDATE', name: 'demo', object, oldObject: object },
  })),
).map((json) => JSON.stringify(json));
const whole = (method: string, path: string, body: string): Input => ({ method, path, headers: [], body, cut: null });

function webhooks(): Target<Input> {
  let server: WebhookServer;
  let open: () => Socket;
  let said: string[];
  const paths = [
    '/validate/workspace.kaito.sh',
    '/default/workspace.kaito.sh',
    '/validate/workspace.kaito.sh?timeout=5s',
    '/constructor',
  ];
  const review = JSON.stringify({
    kind: 'AdmissionReview',
    request: { uid: 'u1', operation: 'CREATE', object: VALID[0] },
  });
  return {
    name: 'HTTP to the webhooks',
    runs: 60,
    input: inputs(paths, reviews),
    async start() {
      said = [];
      const log = jsonLog({ clock: systemClock, write: (line) => said.push(line) });
      const admissions = {
        [paths[0] as string]: validateWorkspaces(),
        [paths[1] as string]: defaultWorkspaces({ priceLimit: 4 } as never),
      };
      server = new WebhookServer({ admissions, clock: systemClock, log, metrics: new Metrics() });
      const port = await server.listen(0, '127.0.0.1');
      const set = await renewed(undefined, ['hook.kaito.svc'], systemClock.now());
      server.use(set);
      open = () => connectTls({ host: '127.0.0.1', port, ca: set.authorities, servername: 'hook.kaito.svc' });
    },
    stop: () => server.close(),
    run: (input) =>
      asks(open, input, whole('POST', paths[0] as string, review), /^HTTP\/1\.1 200 .*"allowed":true/s, () =>
        said.join('\n'),
      ),
  };
}

const CHAT: readonly object[] = [
  {
    prompt: 'hello',
    return_full_text: false,
    clean_up_tokenization_spaces: true,
    generate_kwargs: { max_length: 20, temperature: 0.5, top_k: 5, do_sample: true, repetition_penalty: 1.1 },
  },
  {
    model: 'scripted',
    messages: [
      { role: 'system', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'b' }] },
    ],
    max_tokens: 5,
    temperature: 0,
    top_p: 1,
    stop: ['x'],
    stream: true,
    seed: 1,
    n: 1,
    stream_options: { include_usage: true },
  },
  { model: 'scripted', prompt: ['hello'], max_tokens: 5, echo: true, logprobs: null, stop: 'x' },
];

/** Answers at once, whatever it is asked. */
const engine: Engine = {
  concurrency: 1,
  load: async () => undefined,
  models: () => [{ name: 'scripted', contextLength: 64 }],
  loadAdapter: async () => undefined,
  unloadAdapter: async () => undefined,
  tokenize: (prompt: { readonly kind: string }) =>
    Array.from({ length: Math.min(70, JSON.stringify(prompt).length / 10) }, () => 1),
  async *generate() {
    yield { text: 'Yes', token: 1 };
    return 'stop';
  },
  close: async () => undefined,
} as never;

function inference(): Target<Input> {
  let server: InferenceServer;
  let open: () => Socket;
  let said: string[];
  const paths = [
    '/chat',
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/models',
    '/health',
    '/healthz',
    '/metrics',
    '/v1/load_lora_adapter',
  ];
  return {
    name: 'HTTP to the inference server',
    runs: 150,
    input: inputs(
      paths,
      mutated(...CHAT).map((json) => JSON.stringify(json)),
    ),
    async start() {
      said = [];
      let ids = 0;
      server = new InferenceServer({
        engine,
        clock: serverClock,
        log: (level, message) => said.push(`${level} ${message}`),
        newId: () => `id${++ids}`,
        memory: () => 1,
      });
      const { port } = await server.listen(0, '127.0.0.1');
      open = () => connectPlain({ host: '127.0.0.1', port });
    },
    async stop() {
      server.abort();
      await server.drain();
    },
    run: (input) =>
      asks(
        open,
        input,
        whole('POST', '/chat', '{"prompt":"hello","return_full_text":false}'),
        /^HTTP\/1\.1 200 .*"Result":"Yes"/s,
        () => said.splice(0).join('\n'),
      ),
  };
}

export const servers: readonly Target<Input>[] = [webhooks(), inference()];
export type { Json };
