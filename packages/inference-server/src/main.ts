#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { parseCommandLine, type ServerSettings, usage } from './command-line.js';
import { GgufCache } from './convert/gguf-cache.js';
import { EngineError } from './engine/engine-error.js';
import { LlamaEngine } from './engine/llama-engine.js';
import { lineLog } from './log.js';
import { InferenceServer } from './server/inference-server.js';

const USAGE_ERROR = 2;
const CUT_OFF = 3;

const command = parseCommandLine(process.argv.slice(2));
switch (command.kind) {
  case 'help':
    console.log(usage);
    break;
  case 'wrong':
    console.error(`kaito-inference-server: ${command.message}\n\n${usage}`);
    process.exitCode = USAGE_ERROR;
    break;
  case 'serve':
    process.exit(await serve(command.settings));
}

/** Runs until it is asked to end. Answers the exit code. */
async function serve(settings: ServerSettings): Promise<number> {
  const log = lineLog(settings.logFormat, settings.verbose ? 'debug' : 'info', systemClock, console.error);
  if (settings.notice !== undefined) log('info', settings.notice, {});
  const engine = new LlamaEngine({
    model: settings.model,
    adapters: settings.adapters,
    parallel: settings.parallel,
    ...(settings.maxAdapterRank === undefined ? {} : { maxAdapterRank: settings.maxAdapterRank }),
    ...(settings.adapterSlots === undefined ? {} : { adapterSlots: settings.adapterSlots }),
    ...(settings.cache === undefined ? {} : { cache: new GgufCache(settings.cache) }),
    ...(settings.servedModelName === undefined ? {} : { servedModelName: settings.servedModelName }),
    ...(settings.context === undefined ? {} : { context: settings.context }),
    ...(settings.threads === undefined ? {} : { threads: settings.threads }),
  });
  const server = new InferenceServer({
    engine,
    clock: systemClock,
    log,
    newId: () => randomUUID().replaceAll('-', ''),
    memory: () => process.memoryUsage.rss(),
    queue: settings.queue,
    maxBody: settings.maxBody,
    ...(settings.adapterRoutes ? { adapterPath: (path: string) => pathBelow(settings.mounts, path) } : {}),
    ...(settings.chatModel === undefined ? {} : { chatModel: settings.chatModel }),
    serves: (path) => !settings.without.includes(path),
  });
  const ending = askedToEnd(settings.exitWithParent);
  try {
    // The port opens before the model is there, so that a probe hears "not yet" and not silence.
    const { address, port } = await server.listen(settings.port, settings.host);
    const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
    log('info', 'listening', { url });
    await engine.load();
    const [model, ...adapters] = engine.models();
    log('info', 'ready', {
      url,
      model: model?.name,
      context: model?.contextLength,
      parameters: model?.parameters,
      ...(adapters.length === 0 ? {} : { adapters: adapters.map(({ name }) => name).join(',') }),
    });
  } catch (error) {
    log(
      'error',
      error instanceof EngineError || isSystemError(error) ? error.message : String((error as Error).stack),
      {
        code: error instanceof EngineError || isSystemError(error) ? error.code : undefined,
      },
    );
    return 1;
  }

  log('info', `${await ending}: finishing running requests`, {});
  const finished = await Promise.race([server.drain().then(() => true), patience(settings.drainSeconds)]);
  if (!finished) server.abort();
  await engine.close();
  log('info', finished ? 'ended' : 'ended; requests that did not finish in time were cut off', {});
  return finished ? 0 : CUT_OFF;
}

/** Where a path of a request lies, by the deepest mount that holds it. */
function pathBelow(mounts: ServerSettings['mounts'], path: string): string {
  const [mount] = mounts
    .filter(([from]) => path === from || path.startsWith(`${from.replace(/\/$/, '')}/`))
    .sort(([a], [b]) => b.length - a.length);
  return mount === undefined ? path : join(mount[1], path.slice(mount[0].length));
}

/** Resolves with the reason when a signal comes, or when standard input ends and that was asked for. */
function askedToEnd(withParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    if (!withParent) return;
    const gone = () => resolve('the parent is gone');
    process.stdin.on('end', gone).on('close', gone).on('error', gone).resume();
  });
}

function patience(seconds: number): Promise<boolean> {
  return new Promise((resolve) => systemClock.after(seconds * 1000, () => resolve(false)));
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
