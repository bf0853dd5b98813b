import { existsSync } from 'node:fs';
import type { Engine } from '../engine/engine.js';
import { EngineError } from '../engine/engine-error.js';
import type { Call, Reply, Route } from './exchange.js';
import { FieldReader } from './field-reader.js';
import { type Flaw, Problem } from './problem.js';

/**
 * The paths by which vLLM takes and gives up adapters while it runs (`VLLM_ALLOW_RUNTIME_LORA_UPDATING`): the same bodies, statuses and answers as vLLM
 * 0.32. An adapter that is loaded this way has strength 1, since vLLM knows none; who wants less scales `lora_alpha` beforehand.
 *
 * @param locate where on this machine the path of a request lies
 */
export function adapterRoutes(engine: Engine, locate: (path: string) => string): readonly Route[] {
  return [
    { method: 'POST', path: '/v1/load_lora_adapter', handle: (call) => load(engine, locate, call) },
    { method: 'POST', path: '/v1/unload_lora_adapter', handle: (call) => unload(engine, call) },
  ];
}

async function load(engine: Engine, locate: (path: string) => string, call: Call): Promise<Reply> {
  const { fields, name } = await read(call);
  const path = fields.text('lora_path');
  const inPlace = fields.truth('load_inplace') ?? false;
  if (fields.flaws.length > 0) throw Problem.malformed(fields.flaws);
  if (!name || !path) throw missing("Both 'lora_name' and 'lora_path' must be provided.");
  if (!inPlace && isServed(engine, name))
    throw new Problem(
      400,
      `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
      { code: 'adapter_exists', param: 'lora_name' },
    );
  if (engine.models().some((model) => model.name === name && model.adapterOf === undefined))
    throw new Problem(400, `The lora adapter '${name}' conflicts with a served base model.`, {
      code: 'adapter_unsupported',
      param: 'lora_name',
    });
  const here = locate(path);
  if (!existsSync(here))
    throw new Problem(404, `Loading lora ${name} failed: No adapter found for ${path}`, {
      code: 'adapter_missing',
      param: 'lora_path',
    });
  try {
    await engine.loadAdapter({ name, path: here, root: path, strength: 1 });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // vLLM calls it an error of the server, whatever was wrong with the adapter.
    throw new Problem(500, error.message, { code: 'adapter_unsupported', param: 'lora_path' });
  }
  return said(`Success: LoRA adapter '${name}' added successfully.`);
}

async function unload(engine: Engine, call: Call): Promise<Reply> {
  const { fields, name } = await read(call);
  if (fields.flaws.length > 0) throw Problem.malformed(fields.flaws);
  if (!name) throw missing("'lora_name' needs to be provided to unload a LoRA adapter.");
  if (!isServed(engine, name))
    throw new Problem(404, `The lora adapter '${name}' cannot be found.`, {
      code: 'adapter_unknown',
      param: 'lora_name',
    });
  await engine.unloadAdapter(name);
  return said(`Success: LoRA adapter '${name}' removed successfully.`);
}

async function read(call: Call) {
  const flaws: Flaw[] = [];
  const fields = FieldReader.of(await call.body(), flaws);
  return { fields, name: fields.text('lora_name') };
}

function isServed(engine: Engine, wanted: string): boolean {
  return engine.models().some(({ name, adapterOf }) => name === wanted && adapterOf !== undefined);
}

function missing(message: string): Problem {
  return new Problem(400, message, { code: 'invalid_request', param: 'lora_name' });
}

function said(body: string): Reply {
  return { kind: 'text', contentType: 'text/plain; charset=utf-8', body };
}
