#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { tinyModelPath } from '../tiny-model.js';
import { adapterToGguf } from './adapter-to-gguf.js';
import { ConversionError } from './conversion-error.js';
import { ggufToFolder } from './gguf-to-folder.js';
import { HuggingFaceFolder } from './hugging-face-folder.js';
import { modelToGguf } from './model-to-gguf.js';

const usage = `usage: kaito-convert-gguf --model FOLDER --out FILE --name NAME [--description TEXT] [--license ID]
       kaito-convert-gguf --adapter FOLDER --out FILE --name NAME
       kaito-convert-gguf --gguf FILE --out FOLDER

Turns a Hugging Face folder with a Phi-3 model, or a PEFT folder with a LoRA adapter for one, into a GGUF file; or a GGUF file with a
Phi-3 model that is not quantized back into a folder. \`--gguf tiny\` takes the model that this package brings.`;

const USAGE_ERROR = 2;

process.exitCode = await run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (typeof options === 'string') {
    console.error(`${options}\n\n${usage}`);
    return USAGE_ERROR;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const { model, adapter, gguf, out, name } = options;
  const sources = [model, adapter, gguf].filter((source) => source !== undefined);
  if (out === undefined || sources.length !== 1 || (name === undefined) !== (gguf !== undefined)) {
    console.error(`--out and one of --model, --adapter and --gguf are needed, and --name but with --gguf\n\n${usage}`);
    return USAGE_ERROR;
  }
  try {
    if (name === undefined) {
      await ggufToFolder(gguf === 'tiny' ? tinyModelPath : (gguf ?? ''), out);
      return 0;
    }
    const bytes =
      adapter !== undefined
        ? adapterToGguf(new HuggingFaceFolder(adapter), name)
        : modelToGguf(new HuggingFaceFolder(model ?? ''), {
            name,
            ...(options.description === undefined ? {} : { description: options.description }),
            ...(options.license === undefined ? {} : { license: options.license }),
          });
    writeFileSync(out, bytes);
    console.log(`${out}: ${bytes.length} bytes`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    console.error(`kaito-convert-gguf: ${error.message}`);
    return 1;
  }
}

function readOptions(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        model: text,
        adapter: text,
        gguf: text,
        out: text,
        name: text,
        description: text,
        license: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
