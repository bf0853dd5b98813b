import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterConfig, scalingOf, writeAdapterConfig } from './adapter-config.js';
import { LoaderError } from './loader-error.js';
import type { MatrixPair } from './matrices.js';
import { type NewTensor, numbersOf, writeTensors } from './safetensors.js';

/** An adapter to be put together with others. */
export interface Part {
  /** Its `adapter_model.safetensors`. */
  readonly file: string;
  readonly config: AdapterConfig;
  readonly strength: number;
  readonly pairs: readonly MatrixPair[];
}

/**
 * Several adapters as one whose effect is exactly their sum: the matrices A one below the other, the matrices B side by side and
 * multiplied with each adapter's own weight. The ranks add up; where an adapter does not touch a layer there are zeros.
 */
export async function combine(parts: readonly Part[], into: string, baseModel: string): Promise<number> {
  const rank = parts.reduce((sum, { config }) => sum + config.rank, 0);
  const layers = new Map<string, { target: string; input: number; output: number }>();
  for (const { pairs } of parts) {
    for (const { layer, target, a, b } of pairs) {
      const known = layers.get(layer);
      if (known && (known.input !== a.shape[1] || known.output !== b.shape[0])) {
        throw new LoaderError(
          'BASE_MODEL_MISMATCH',
          `two adapters see different sizes of ${layer}: they were made for different models`,
        );
      }
      layers.set(layer, { target, input: a.shape[1] ?? 0, output: b.shape[0] ?? 0 });
    }
  }
  const tensors = [...layers].flatMap(([layer, { input, output }]): NewTensor[] => [
    {
      name: `base_model.model.${layer}.lora_A.weight`,
      shape: [rank, input],
      values: () => below(parts, layer, rank, input),
    },
    {
      name: `base_model.model.${layer}.lora_B.weight`,
      shape: [output, rank],
      values: () => beside(parts, layer, rank, output),
    },
  ]);
  await mkdir(into, { recursive: true });
  await writeTensors(join(into, 'adapter_model.safetensors'), tensors);
  // With alpha equal to the rank nothing is scaled again.
  const config = { rank, alpha: rank, rankStabilized: false };
  const targets = new Set([...layers.values()].map(({ target }) => target));
  await writeFile(join(into, 'adapter_config.json'), writeAdapterConfig(config, baseModel, [...targets]));
  return rank;
}

async function below(parts: readonly Part[], layer: string, rank: number, input: number): Promise<Float32Array> {
  const all = new Float32Array(rank * input);
  let row = 0;
  for (const { file, config, pairs } of parts) {
    const pair = pairs.find((one) => one.layer === layer);
    if (pair) all.set(await numbersOf(file, pair.a), row * input);
    row += config.rank;
  }
  return all;
}

async function beside(parts: readonly Part[], layer: string, rank: number, output: number): Promise<Float32Array> {
  const all = new Float32Array(output * rank);
  let column = 0;
  for (const { file, config, strength, pairs } of parts) {
    const pair = pairs.find((one) => one.layer === layer);
    const weight = scalingOf(config) * strength;
    const numbers = pair ? await numbersOf(file, pair.b) : new Float32Array(0);
    for (let i = 0; i < numbers.length; i++) {
      const [line, place] = [Math.floor(i / config.rank), i % config.rank];
      all[line * rank + column + place] = (numbers[i] ?? 0) * weight;
    }
    column += config.rank;
  }
  return all;
}
