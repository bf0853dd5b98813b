import type { LoaderModel } from './document.js';
import { LoaderError } from './loader-error.js';
import type { TensorEntry } from './safetensors.js';

/** The two matrices beside one layer: the change is `B x A`, scaled. */
export interface MatrixPair {
  /** Name of the layer below the model: `model.layers.0.self_attn.qkv_proj`. */
  readonly layer: string;
  /** Last part of it: `qkv_proj`. */
  readonly target: string;
  /** rank x input. */
  readonly a: TensorEntry;
  /** output x rank. */
  readonly b: TensorEntry;
}

const NAME = /^base_model\.model\.(.+\.([A-Za-z_]\w*))\.lora_([AB])\.weight$/;

/** Pairs the tensors of an adapter up, and refuses any that is no matrix of plain LoRA. */
export function pairUp(tensors: readonly TensorEntry[], rank: number): readonly MatrixPair[] {
  const halves = new Map<string, { target: string; a?: TensorEntry; b?: TensorEntry }>();
  for (const tensor of tensors) {
    const [, layer = '', target = '', half] = NAME.exec(tensor.name) ?? [];
    if (half === undefined) {
      const message = `tensor ${tensor.name} is no matrix of plain LoRA. Train it as plain LoRA, or merge it into the model`;
      throw new LoaderError('ADAPTER_UNSUPPORTED', message);
    }
    const found = halves.get(layer) ?? { target };
    halves.set(layer, half === 'A' ? { ...found, a: tensor } : { ...found, b: tensor });
  }
  if (halves.size === 0)
    throw new LoaderError('ADAPTER_INVALID', 'adapter_model.safetensors holds no tensor. Push the adapter anew');
  return [...halves]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([layer, { target, a, b }]) => {
      if (!a || !b) throw broken(`${layer} has only one of its two matrices`);
      if (a.shape.length !== 2 || b.shape.length !== 2) throw broken(`the matrices of ${layer} are no matrices`);
      if (a.shape[0] !== rank || b.shape[1] !== rank) {
        throw broken(`the matrices of ${layer} have rank ${a.shape[0]} and ${b.shape[1]}, and r is ${rank}`);
      }
      return { layer, target, a, b };
    });
}

/** Throws where the adapter's sizes are not those of the model: it was made for another one. */
export function checkSizes(pairs: readonly MatrixPair[], model: LoaderModel): void {
  const queries = model.attentionHeads * model.headDim;
  const keys = model.kvHeads * model.headDim;
  const { hiddenSize: hidden, intermediateSize: inner } = model;
  /** Input and output of the layers whose names are the same everywhere. */
  const sizes = new Map<string, readonly [input: number, output: number]>(
    Object.entries({
      qkv_proj: [hidden, queries + 2 * keys],
      q_proj: [hidden, queries],
      k_proj: [hidden, keys],
      v_proj: [hidden, keys],
      o_proj: [queries, hidden],
      gate_up_proj: [hidden, 2 * inner],
      gate_proj: [hidden, inner],
      up_proj: [hidden, inner],
      down_proj: [inner, hidden],
    }),
  );
  for (const { layer, target, a, b } of pairs) {
    const index = Number(/\blayers\.(\d+)\./.exec(layer)?.[1] ?? 0);
    if (index >= model.layers) throw mismatch(`it has a layer ${index}, and the model has ${model.layers}`);
    const [input, output] = sizes.get(target) ?? [];
    if (input !== undefined && (a.shape[1] !== input || b.shape[0] !== output)) {
      throw mismatch(
        `its ${target} goes from ${a.shape[1]} to ${b.shape[0]} numbers, and the model's from ${input} to ${output}`,
      );
    }
  }
}

/** Throws where the adapter names another model as its base. A folder of the machine that trained it says nothing. */
export function checkBaseName(baseModel: string | undefined, { names }: LoaderModel): void {
  if (baseModel === undefined || !/^[\w.-]+\/[\w.-]+$/.test(baseModel)) return;
  if (names.some((name) => sameModel(name, baseModel))) return;
  const message = `it was made for ${baseModel}, and the model is ${names.at(1) ?? names[0]}. Choose the preset that it was made for; if it is the same model under another name, say so in the annotation kaito.sh/adapter-base-model`;
  throw new LoaderError('BASE_MODEL_MISMATCH', message);
}

/** Hubs do not tell upper from lower case. */
function sameModel(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}

function mismatch(why: string): LoaderError {
  return new LoaderError(
    'BASE_MODEL_MISMATCH',
    `it was made for another model: ${why}. Choose the preset that it was made for`,
  );
}

function broken(why: string): LoaderError {
  return new LoaderError('ADAPTER_INVALID', `adapter_model.safetensors cannot be used: ${why}. Push the adapter anew`);
}
