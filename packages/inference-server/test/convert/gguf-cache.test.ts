import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  ConversionError,
  defaultCacheFolder,
  GgufCache,
  ggufToFolder,
  LlamaEngine,
  tinyModelPath,
} from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { adapterConfig, adapterWeights, folderWith, modelFiles, safetensors } from '../support/hugging-face.js';
import { asked, cache as shared, tinyEngine } from '../support/served.js';

const adapterFiles = (config: Readonly<Record<string, unknown>> = {}) => ({
  'adapter_config.json': adapterConfig(config),
  'adapter_model.safetensors': safetensors(adapterWeights()),
});

describe('the cache of converted files', () => {
  let cache: GgufCache;
  const folders: string[] = [];
  const folder = (files: Readonly<Record<string, unknown>>) => {
    const path = folderWith(files);
    folders.push(path);
    return path;
  };
  beforeEach(() => {
    cache = new GgufCache(join(folder({}), 'made', 'by', 'it'));
  });
  after(() => {
    for (const path of folders) rmSync(path, { recursive: true });
  });

  it('converts a folder once, wherever it lies', () => {
    const file = cache.adapter(folder(adapterFiles()));
    const written = statSync(file).mtimeMs;
    expect(cache.adapter(folder(adapterFiles()))).to.equal(file);
    expect(statSync(file).mtimeMs).to.equal(written);
    expect(readdirSync(cache.folder)).to.have.length(1);
  });

  it('converts again what has changed', () => {
    const path = folder(adapterFiles());
    const before = cache.adapter(path);
    writeFileSync(join(path, 'adapter_config.json'), JSON.stringify(adapterConfig({ lora_alpha: 16 })));
    expect(cache.adapter(path)).not.to.equal(before);
  });

  it('keeps models apart from adapters, and notices a new chat template', () => {
    const path = folder(modelFiles());
    const before = cache.model(path);
    expect(before).to.match(/model-[0-9a-f]{32}\.gguf$/);
    writeFileSync(join(path, 'chat_template.jinja'), 'another');
    expect(cache.model(path)).not.to.equal(before);
  });

  it('passes on what is a file already', () => {
    expect(cache.model(tinyModelPath)).to.equal(tinyModelPath);
    expect(cache.adapter(tinyModelPath)).to.equal(tinyModelPath);
  });

  it('leaves nothing behind when it refuses', () => {
    expect(() => cache.adapter(folder(adapterFiles({ use_dora: true })))).to.throw(ConversionError, 'use_dora');
    expect(() => readdirSync(cache.folder)).to.throw();
  });

  it('lies where caches of the user lie', () => {
    expect(defaultCacheFolder({ XDG_CACHE_HOME: '/c' })).to.equal('/c/kaito-sdk/gguf');
    expect(defaultCacheFolder({})).to.match(/\.cache\/kaito-sdk\/gguf$/);
  });

  it('lets the engine serve a Hugging Face folder, with the same answers as the file that it came from', async () => {
    const model = mkdtempSync(join(tmpdir(), 'my-phi-3-'));
    folders.push(model);
    await ggufToFolder(tinyModelPath, model);
    const engine = new LlamaEngine({ model, cache: shared });
    await engine.load();
    expect(engine.models()[0]?.name).to.match(/^my-phi-3-/);
    expect(await asked(engine, 'What is a GPU?')).to.equal(await asked(await tinyEngine(), 'What is a GPU?'));
    await engine.close();
    expect(dirname(shared.model(model))).to.equal(shared.folder);
  });
});
