import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConversionError } from './conversion-error.js';
import { fromHalf } from './half-float.js';
import { JsonObject } from './json-object.js';
import { phi3Names } from './phi3.js';
import { type Tensor, writeSafetensors } from './safetensors.js';

const CONTROL = 3;
const UNUSED = 5;
const F32 = 0;
const F16 = 1;

/**
 * Writes a Phi-3 model of a GGUF file, such as the one that this package brings, as a Hugging Face folder: what trainers and vLLM read. The weights
 * are the same numbers, in single precision; {@link modelToGguf} makes the same file of it again, byte for byte.
 *
 * For files of this package's converter: @throws ConversionError for quantized weights, another architecture or another kind of tokenizer.
 */
export async function ggufToFolder(file: string, folder: string): Promise<void> {
  const { readGgufFileInfo } = await import('node-llama-cpp');
  const info = await readGgufFileInfo(file);
  const metadata = JsonObject.of(info.metadata, file);
  const architecture = metadata.object('general').string('architecture');
  if (architecture !== 'phi3')
    throw new ConversionError(`${file}: architecture ${architecture} is not known; only phi3 is`);
  const ggml = metadata.object('tokenizer').object('ggml');
  if (ggml.string('model') !== 'gpt2' || ggml.string('pre') !== 'gpt-2')
    throw new ConversionError(`${file}: only byte-level BPE tokenizers with GPT-2's pattern are known`);

  const names = phi3Names(metadata.object('phi3').number('block_count'));
  const bytes = readFileSync(file);
  const tensors = (info.tensorInfo ?? []).map((tensor): Tensor => {
    const name = names.get(tensor.name);
    if (name === undefined)
      throw new ConversionError(`${file}: the tensor ${tensor.name} has no place in a Phi-3 model`);
    const shape = tensor.dimensions.map(Number).reverse();
    const start = Number(tensor.fileOffset);
    const values = numbers(
      bytes,
      start,
      shape.reduce((n, d) => n * d, 1),
      Number(tensor.ggmlType),
    );
    if (values === undefined)
      throw new ConversionError(`${file}: ${tensor.name} is quantized; only single and half precision can be written`);
    return { name, shape, values };
  });

  const chatTemplate = metadata.object('tokenizer').get('chat_template');
  const write = (name: string, content: Uint8Array | string | object) =>
    writeFileSync(
      join(folder, name),
      content instanceof Uint8Array || typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
    );
  mkdirSync(folder, { recursive: true });
  write('config.json', config(metadata.object('phi3'), ggml, tensors));
  write('generation_config.json', generationConfig(ggml));
  write('tokenizer.json', tokenizer(ggml));
  write('tokenizer_config.json', tokenizerConfig(ggml, metadata.object('phi3').number('context_length')));
  if (typeof chatTemplate === 'string') write('chat_template.jinja', chatTemplate);
  write('model.safetensors', writeSafetensors(tensors));
}

function numbers(bytes: Buffer, start: number, count: number, type: number): Float32Array | undefined {
  if (type === F32) return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(start + 4 * i));
  if (type === F16) return Float32Array.from({ length: count }, (_, i) => fromHalf(bytes.readUInt16LE(start + 2 * i)));
  return undefined;
}

function config(phi3: JsonObject, ggml: JsonObject, tensors: readonly Tensor[]): object {
  const attention = phi3.object('attention');
  const rope = phi3.object('rope');
  const hidden = phi3.number('embedding_length');
  const heads = attention.number('head_count');
  const context = phi3.number('context_length');
  return {
    architectures: ['Phi3ForCausalLM'],
    model_type: 'phi3',
    dtype: 'float32',
    hidden_act: 'silu',
    hidden_size: hidden,
    intermediate_size: phi3.number('feed_forward_length'),
    num_hidden_layers: phi3.number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: attention.number('head_count_kv'),
    // The file holds a single-precision number; its shortest decimal form is what somebody once wrote.
    rms_norm_eps: Number(attention.number('layer_norm_rms_epsilon').toPrecision(7)),
    max_position_embeddings: context,
    original_max_position_embeddings: rope.object('scaling').number('original_context_length', context),
    rope_parameters: {
      rope_type: 'default',
      rope_theta: rope.number('freq_base'),
      partial_rotary_factor: rope.number('dimension_count') / (hidden / heads),
    },
    sliding_window: null,
    tie_word_embeddings: !tensors.some(({ name }) => name === 'lm_head.weight'),
    vocab_size: ggml.list('tokens').length,
    resid_pdrop: 0,
    embd_pdrop: 0,
    attention_dropout: 0,
    ...ids(ggml),
    eos_token_id: ggml.number('eos_token_id'),
  };
}

function ids(ggml: JsonObject) {
  return { bos_token_id: ggml.number('bos_token_id'), pad_token_id: ggml.number('padding_token_id') };
}

function generationConfig(ggml: JsonObject): object {
  const turn = ggml.get('eot_token_id');
  return { ...ids(ggml), eos_token_id: [...(typeof turn === 'number' ? [turn] : []), ggml.number('eos_token_id')] };
}

/** The form in which the library `tokenizers` writes its file. */
function tokenizer(ggml: JsonObject): object {
  const types = ggml.list('token_type').map(Number);
  const used = ggml.list('tokens').flatMap((token, id) => (types[id] === UNUSED ? [] : [[String(token), id] as const]));
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: used.flatMap(([content, id]) => (types[id] === CONTROL ? [{ id, content, ...plain }] : [])),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(used),
      merges: ggml.list('merges').map((merge) => String(merge).split(' ')),
    },
  };
}

function tokenizerConfig(ggml: JsonObject, context: number): object {
  const token = (key: string) => String(ggml.list('tokens')[ggml.number(key)]);
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: token('bos_token_id'),
    eos_token: token('eos_token_id'),
    pad_token: token('padding_token_id'),
    clean_up_tokenization_spaces: false,
    model_max_length: context,
  };
}
