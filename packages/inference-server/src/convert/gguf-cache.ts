import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { adapterToGguf } from './adapter-to-gguf.js';
import { HuggingFaceFolder } from './hugging-face-folder.js';
import { modelToGguf } from './model-to-gguf.js';

/** Part of every digest: raised when the converter writes other bytes for the same folder. */
const CONVERTER = 'kaito-gguf-1';

/** Where converted files lie unless somebody says otherwise. */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kaito-sdk', 'gguf');
}

/**
 * GGUF files made from Hugging Face and PEFT folders, each under the digest of what it was made from: a folder with other contents is
 * converted again, one that was seen before is not, wherever it lies. A file appears under its name only when it is whole.
 */
export class GgufCache {
  constructor(readonly folder: string = defaultCacheFolder()) {}

  /** The path of the model as GGUF; a path that is a file already comes back as it is. @throws ConversionError */
  model(path: string): string {
    // Not the folder's name: one with "phi-3" in it would make llama.cpp look for tokens that a small vocabulary lacks.
    return this.converted(path, 'model', (folder) => ({
      sources: ['config.json', 'generation_config.json', 'tokenizer.json', 'chat_template.jinja', ...folder.weights()],
      write: () => modelToGguf(folder, { name: 'converted' }),
    }));
  }

  /** The path of a LoRA adapter as GGUF; a path that is a file already comes back as it is. @throws ConversionError */
  adapter(path: string): string {
    return this.converted(path, 'adapter', (folder) => ({
      sources: ['adapter_config.json', 'adapter_model.safetensors'],
      write: () => adapterToGguf(folder, 'adapter'),
    }));
  }

  private converted(
    path: string,
    kind: string,
    read: (folder: HuggingFaceFolder) => { readonly sources: readonly string[]; readonly write: () => Uint8Array },
  ): string {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    const folder = new HuggingFaceFolder(path);
    const { sources, write } = read(folder);
    const digest = createHash('sha256').update(CONVERTER);
    for (const name of sources) {
      if (!folder.has(name)) continue;
      const bytes = folder.bytes(name);
      digest.update(`\n${name} ${bytes.length}\n`).update(bytes);
    }
    const file = join(this.folder, `${kind}-${digest.digest('hex').slice(0, 32)}.gguf`);
    if (!existsSync(file)) {
      const bytes = write();
      mkdirSync(this.folder, { recursive: true });
      const part = `${file}.${randomUUID()}.part`;
      writeFileSync(part, bytes);
      renameSync(part, file);
    }
    return file;
  }
}
