import { ConversionError } from './conversion-error.js';
import { writeGguf } from './gguf.js';
import type { HuggingFaceFolder } from './hugging-face-folder.js';
import { phi3Metadata, phi3Tensors } from './phi3.js';
import { readSafetensors, type Tensor } from './safetensors.js';
import { tokenizerMetadata } from './tokenizer.js';

/** How the model is to be called in its file, and whose it is. */
export interface ModelCard {
  /** Free text, but for one trap: see {@link modelToGguf}. */
  readonly name: string;
  readonly description?: string;
  readonly license?: string;
}

const MOSTLY_F16 = 1;

/**
 * Turns a Hugging Face folder with a Phi-3 model into the bytes of a GGUF file in half precision.
 *
 * @throws ConversionError when anything in the folder is not known for certain. Also when the name contains "phi-3" or "phi3" and the
 * vocabulary lacks `<s>`: llama.cpp then looks up the end tokens of the published Phi-3 and stops with `_Map_base::at`.
 */
export function modelToGguf(folder: HuggingFaceFolder, card: ModelCard): Uint8Array {
  const config = folder.json('config.json');
  const generation = folder.optionalJson('generation_config.json');
  const tokenizer = folder.text('tokenizer.json');
  const eos = generation?.get('eos_token_id') ?? config.get('eos_token_id');
  const vocabulary = config.number('vocab_size');

  const metadata = tokenizerMetadata(tokenizer, {
    vocabulary,
    bos: config.number('bos_token_id'),
    pad: config.number('pad_token_id', config.number('bos_token_id')),
    ends: (Array.isArray(eos) ? eos : [eos]).map(Number),
    chatTemplate: folder.optionalText('chat_template.jinja'),
  });
  const tokens = metadata['tokenizer.ggml.tokens'];
  if (/phi-?3/i.test(card.name) && !(tokens?.type === 'strings' && tokens.value.includes('<s>')))
    throw new ConversionError(
      `the name ${card.name} contains phi-3, and the vocabulary has no <s>: llama.cpp would refuse the file; choose another name`,
    );

  const tensors = new Map<string, Tensor>();
  for (const file of folder.weights()) {
    for (const [name, tensor] of readSafetensors(folder.bytes(file), file)) tensors.set(name, tensor);
  }
  return writeGguf(
    {
      'general.architecture': { type: 'string', value: 'phi3' },
      'general.type': { type: 'string', value: 'model' },
      'general.name': { type: 'string', value: card.name },
      ...(card.description === undefined
        ? {}
        : { 'general.description': { type: 'string', value: card.description } as const }),
      ...(card.license === undefined ? {} : { 'general.license': { type: 'string', value: card.license } as const }),
      'general.file_type': { type: 'uint32', value: MOSTLY_F16 },
      ...phi3Metadata(config),
      ...metadata,
    },
    phi3Tensors(config, tensors),
  );
}
