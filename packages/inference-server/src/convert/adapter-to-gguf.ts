import { ConversionError } from './conversion-error.js';
import { type GgufTensor, writeGguf } from './gguf.js';
import type { HuggingFaceFolder } from './hugging-face-folder.js';
import { phi3Projections } from './phi3.js';
import { readSafetensors } from './safetensors.js';

/** Settings of PEFT that change what the matrices mean; the GGUF form of an adapter has no place for them. */
const unsupported = [
  'use_dora',
  'lora_bias',
  'rank_pattern',
  'alpha_pattern',
  'modules_to_save',
  'layer_replication',
  'fan_in_fan_out',
  'trainable_token_indices',
  'target_parameters',
  'alora_invocation_tokens',
  'arrow_config',
  'use_bdlora',
  'use_qalora',
  'kasa_config',
  'monteclora_config',
  'velora_config',
];

/**
 * Ways to begin that are plain LoRA once training is over (by vLLM 0.32's list). All others, such as PiSSA, OLoRA, CorDA and LoftQ,
 * change the base model as well: beside the published one such an adapter means something else.
 */
const plainBeginnings = ['gaussian', 'eva', 'orthogonal', 'mica', 'lora_ga'];

const tensorName = /^base_model\.model\.model\.layers\.(\d+)\.([a-z_.]+)\.lora_([AB])\.weight$/;

/**
 * Turns a PEFT folder with a LoRA adapter of a Phi-3 model into the bytes of a GGUF adapter file.
 *
 * @throws ConversionError for other kinds of adapters, and for a tensor of a layer that Phi-3 does not have.
 */
export function adapterToGguf(folder: HuggingFaceFolder, name: string): Uint8Array {
  const config = folder.json('adapter_config.json');
  if (config.get('peft_type') !== 'LORA')
    throw new ConversionError(
      `adapter_config.json: peft_type ${String(config.get('peft_type'))} is not supported, only LORA`,
    );
  for (const key of unsupported) {
    if (!config.isUnset(key)) throw new ConversionError(`adapter_config.json: ${key} is not supported`);
  }
  const bias = config.get('bias') ?? 'none';
  if (bias !== 'none')
    throw new ConversionError(`adapter_config.json: bias ${String(bias)} is not supported, only none`);
  const begin = config.get('init_lora_weights');
  if (typeof begin === 'string' && !plainBeginnings.includes(begin.toLowerCase()))
    throw new ConversionError(
      `adapter_config.json: init_lora_weights ${begin} is not supported: it changes the base model, and only the adapter is here; convert it to plain LoRA with PEFT first`,
    );
  // llama.cpp scales by alpha / rank. Rank-stabilised LoRA means alpha / sqrt(rank), which is the former with a larger alpha.
  const rank = config.number('r');
  const alpha = config.number('lora_alpha') * (config.get('use_rslora') === true ? Math.sqrt(rank) : 1);

  const tensors: GgufTensor[] = [];
  for (const [theirs, tensor] of readSafetensors(
    folder.bytes('adapter_model.safetensors'),
    'adapter_model.safetensors',
  )) {
    const [, block, layer = '', half = ''] = tensorName.exec(theirs) ?? [];
    const projection = phi3Projections[layer];
    if (projection === undefined)
      throw new ConversionError(`adapter_model.safetensors: ${theirs} is no linear layer of Phi-3`);
    if (tensor.shape.length !== 2 || tensor.shape[half === 'A' ? 0 : 1] !== rank)
      throw new ConversionError(
        `adapter_model.safetensors: ${theirs} has the shape [${tensor.shape.join(', ')}], which is not of rank ${rank} as adapter_config.json says`,
      );
    const ours = `blk.${block}.${projection}.weight.lora_${half.toLowerCase()}`;
    tensors.push({ name: ours, shape: tensor.shape, values: tensor.values, precision: 'F32' });
  }
  if (tensors.length === 0) throw new ConversionError('adapter_model.safetensors holds no tensor');
  const names = new Set(tensors.map(({ name }) => name));
  for (const name of names) {
    const other = name.replace(/[ab]$/, (half) => (half === 'a' ? 'b' : 'a'));
    if (!names.has(other)) throw new ConversionError(`adapter_model.safetensors: ${name} comes without ${other}`);
  }

  return writeGguf(
    {
      'general.architecture': { type: 'string', value: 'phi3' },
      'general.type': { type: 'string', value: 'adapter' },
      'general.name': { type: 'string', value: name },
      'general.file_type': { type: 'uint32', value: 0 },
      'adapter.type': { type: 'string', value: 'lora' },
      'adapter.lora.alpha': { type: 'float32', value: alpha },
    },
    tensors,
  );
}
