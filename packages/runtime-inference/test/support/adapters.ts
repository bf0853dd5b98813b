import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage, type RegistryOptions } from '@kaito-sdk/oci';
import type { LoaderDocument, LoaderModel } from '../../dist/loader/document.js';
import { readTensors, writeTensors } from '../../dist/loader/safetensors.js';

/** A made-up model, small enough to multiply by hand. */
export const MODEL: LoaderModel = {
  names: ['phi-3-mini-4k-instruct', 'microsoft/Phi-3-mini-4k-instruct'],
  layers: 2,
  hiddenSize: 4,
  intermediateSize: 6,
  attentionHeads: 2,
  kvHeads: 1,
  headDim: 2,
};

export interface MadeAdapter {
  readonly rank?: number;
  /** Layers by their last name, with input and output. */
  readonly layers?: Readonly<Record<string, readonly [input: number, output: number]>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly extra?: readonly string[];
  /** First number; each next one is a quarter more. */
  readonly seed?: number;
}

export const QKV = 'model.layers.0.self_attn.qkv_proj';
export const DOWN = 'model.layers.1.mlp.down_proj';

/** The files of an adapter, as peft 0.21.2 writes them, in a folder of their own. */
export async function adapterFiles(folder: string, made: MadeAdapter = {}): Promise<string> {
  const { rank = 2, layers = { [QKV]: [4, 8], [DOWN]: [6, 4] }, seed = 1, extra = [] } = made;
  await mkdir(folder, { recursive: true });
  const numbers = (count: number, from: number) => Float32Array.from({ length: count }, (_, i) => from + i / 4);
  const pairs = Object.entries(layers).flatMap(([layer, [input, output]], index) => [
    { name: `base_model.model.${layer}.lora_A.weight`, shape: [rank, input], from: seed + index },
    { name: `base_model.model.${layer}.lora_B.weight`, shape: [output, rank], from: seed - index },
  ]);
  const more = extra.map((name) => ({ name, shape: [1, 1], from: 0 }));
  await writeTensors(
    join(folder, 'adapter_model.safetensors'),
    [...pairs, ...more].map(({ name, shape, from }) => ({
      name,
      shape,
      values: async () => numbers(shape[0]! * shape[1]!, from),
    })),
  );
  const config = {
    base_model_name_or_path: 'microsoft/Phi-3-mini-4k-instruct',
    peft_type: 'LORA',
    r: rank,
    lora_alpha: 8,
    target_modules: ['qkv_proj', 'down_proj'],
    ...NEW_KEYS,
    ...made.config,
  };
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
  return folder;
}

/** Keys that peft 0.21.2 writes and 0.11.1 stops at, at their defaults. */
export const NEW_KEYS = {
  alora_invocation_tokens: null,
  arrow_config: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  kasa_config: null,
  lora_bias: false,
  lora_ga_config: null,
  monteclora_config: null,
  peft_version: '0.21.2',
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

/** A folder for one test. */
export class Workbench {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), 'kaito-adapters-')));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  async adapter(name: string, made: MadeAdapter = {}): Promise<string> {
    return adapterFiles(this.path('sources', name), made);
  }

  /** Pushes a made adapter as an image with its files under `/data`. */
  async push(ref: string, made: MadeAdapter = {}, options: Partial<RegistryOptions> = {}): Promise<string> {
    const folder = await adapterFiles(this.path('pushed', ref.replaceAll(/\W/g, '-')), made);
    const files = ['adapter_config.json', 'adapter_model.safetensors'].map((name) => ({
      path: `data/${name}`,
      from: { file: join(folder, name) },
    }));
    const { digest } = await pushImage({ ref, files, ...options });
    return digest;
  }

  /** A mounted pull secret. */
  async secret(name: string, text: string, key = '.dockerconfigjson'): Promise<{ name: string; folder: string }> {
    const folder = this.path('secrets', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, key), text);
    return { name, folder };
  }

  document(more: Partial<LoaderDocument>): LoaderDocument {
    return { into: this.path('mnt'), model: MODEL, adapters: [], ...more };
  }

  /** The change that an adapter makes to a layer: alpha / r x B x A, row by row. */
  async change(adapter: string, layer: string, scaling: number): Promise<readonly number[][]> {
    const { numbersOf } = await import('../../dist/loader/safetensors.js');
    const file = this.path('mnt', adapter, 'adapter_model.safetensors');
    const tensors = await readTensors(file);
    const half = async (which: string) => {
      const entry = tensors.find(({ name }) => name === `base_model.model.${layer}.lora_${which}.weight`);
      return entry && { shape: entry.shape, numbers: await numbersOf(file, entry) };
    };
    const [a, b] = [await half('A'), await half('B')];
    if (!a || !b) return [];
    const [rank = 0, input = 0] = a.shape;
    return Array.from({ length: b.shape[0]! }, (_, row) =>
      Array.from({ length: input }, (_, column) => {
        let sum = 0;
        for (let i = 0; i < rank; i++) sum += b.numbers[row * rank + i]! * a.numbers[i * input + column]!;
        return sum * scaling;
      }),
    );
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
