#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adapterToGguf } from './adapter-to-gguf.js';
import { ConversionError } from './conversion-error.js';
import { HuggingFaceFolder } from './hugging-face-folder.js';
import { modelToGguf } from './model-to-gguf.js';

const usage = `usage: kaito-convert-gguf --model FOLDER --out FILE --name NAME [--description TEXT] [--license ID]
       kaito-convert-gguf --adapter FOLDER --out FILE --name NAME

Turns a Hugging Face folder with a Phi-3 model, or a PEFT folder with a LoRA adapter for one, into a GGUF file.`;

const USAGE_ERROR = 2;

process.exitCode = run(process.argv.slice(2));

function run(argv: readonly string[]): number {
  const options = readOptions(argv);
  if (typeof options === 'string') {
    console.error(`${options}\n\n${usage}`);
    return USAGE_ERROR;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const { model, adapter, out, name } = options;
  if (out === undefined || name === undefined || (model === undefined) === (adapter === undefined)) {
    console.error(`--out, --name and one of --model and --adapter are needed\n\n${usage}`);
    return USAGE_ERROR;
  }
  try {
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
