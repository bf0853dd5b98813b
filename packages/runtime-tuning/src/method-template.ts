import type { PlannedTuning } from '@kaito-sdk/core';
import { stringify } from 'yaml';

/**
 * The settings of a method where the user brings none: KAITO's templates (v0.3.2 and v0.12.0: rank and alpha 8, no dropout, batch 1, bfloat16,
 * NF4 with double quantization), and beside them what theirs leave open. `save_strategy`: theirs saves once an epoch and never goes on
 * from it; ours does, so it saves often enough that an interruption costs little.
 */
export function methodTemplate({ method }: PlannedTuning, longestSample: number): string {
  const quantization =
    method === 'qlora'
      ? {
          load_in_4bit: true,
          bnb_4bit_quant_type: 'nf4',
          bnb_4bit_compute_dtype: 'bfloat16',
          bnb_4bit_use_double_quant: true,
        }
      : { load_in_4bit: false };
  return stringify({
    training_config: {
      ModelConfig: { torch_dtype: 'bfloat16', local_files_only: true, device_map: 'auto' },
      QuantizationConfig: quantization,
      LoraConfig: { r: 8, lora_alpha: 8, lora_dropout: 0 },
      TrainingArguments: {
        output_dir: '/mnt/results',
        ddp_find_unused_parameters: false,
        per_device_train_batch_size: 1,
        num_train_epochs: 3,
        max_length: longestSample,
        save_strategy: 'steps',
        save_steps: 100,
        save_total_limit: 2,
      },
      DatasetConfig: { shuffle_dataset: true, train_test_split: 1 },
      DataCollator: { mlm: true },
    },
  });
}
