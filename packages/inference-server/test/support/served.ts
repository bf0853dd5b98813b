import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterSpec, Engine, InferenceServerOptions, LlamaEngineOptions } from '@kaito-sdk/inference-server';
import { GgufCache, InferenceServer, LlamaEngine, systemClock, tinyModelPath } from '@kaito-sdk/inference-server';

/** A server on a free port of the loopback. */
export interface Served {
  readonly url: string;
  readonly server: InferenceServer;
  /** What it has logged. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Serves an engine for a test. */
export async function served(engine: Engine, options: Partial<InferenceServerOptions> = {}): Promise<Served> {
  const lines: string[] = [];
  let ids = 0;
  const server = new InferenceServer({
    engine,
    clock: systemClock,
    log: (level, message) => lines.push(`${level} ${message}`),
    newId: () => `id${++ids}`,
    memory: () => 1024,
    ...options,
  });
  const { port } = await server.listen(0, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    lines,
    stop: async () => {
      server.abort();
      await server.drain();
    },
  };
}

/** The tiny model, loaded once for all tests of a run. */
let tiny: Promise<LlamaEngine> | undefined;

/** Where the tests of one run keep converted folders. */
export const cache = new GgufCache(mkdtempSync(join(tmpdir(), 'kaito-gguf-')));
process.once('exit', () => rmSync(cache.folder, { recursive: true, force: true }));

/** The tiny model with adapters, for one test or a group of them. */
export async function tinyEngineWith(
  adapters: readonly AdapterSpec[],
  options: Partial<LlamaEngineOptions> = {},
): Promise<LlamaEngine> {
  const engine = new LlamaEngine({ model: tinyModelPath, servedModelName: 'tiny', adapters, cache, ...options });
  await engine.load();
  return engine;
}

/** What an engine answers to one question of a user. */
export async function asked(engine: Engine, question: string, adapters: readonly string[] = []): Promise<string> {
  const tokens = engine.tokenize({ kind: 'messages', messages: [{ role: 'user', content: question }] });
  let text = '';
  for await (const piece of engine.generate(tokens, { maxTokens: 100, adapters }, new AbortController().signal))
    text += piece.text;
  return text;
}

export function tinyEngine(): Promise<LlamaEngine> {
  tiny ??= (async () => {
    const engine = new LlamaEngine({ model: tinyModelPath });
    await engine.load();
    return engine;
  })();
  return tiny;
}

/** Resolves once `condition` holds. It gives other work a chance between two looks. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export function postJson(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init });
}
