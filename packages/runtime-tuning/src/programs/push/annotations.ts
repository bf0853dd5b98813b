import type { CheckedFile } from '../check/check-data.js';
import type { Task } from '../task.js';
import type { TrainingState } from './state.js';

/** What an adapter's image says about itself. No time and no name of a machine: the same training gives the same image. */
export function annotationsOf(
  { model, method }: Task,
  { loss, steps, settings }: TrainingState,
  dataset: readonly CheckedFile[],
): Readonly<Record<string, string>> {
  const rank = settings?.r;
  return {
    // KAITO's, by which its users know the base.
    'sh.kaito.model.name': model.preset,
    'dev.kaito-sdk.base-model': model.repository,
    ...(model.revision === undefined ? {} : { 'dev.kaito-sdk.base-revision': model.revision }),
    'dev.kaito-sdk.method': method,
    ...(typeof rank === 'number' ? { 'dev.kaito-sdk.lora-rank': String(rank) } : {}),
    ...(dataset.length === 0
      ? {}
      : {
          'dev.kaito-sdk.datasets': JSON.stringify(dataset.map(({ name, sha256, rows }) => ({ name, sha256, rows }))),
        }),
    ...(settings === undefined ? {} : { 'dev.kaito-sdk.config': JSON.stringify(settings) }),
    'dev.kaito-sdk.metrics': JSON.stringify({ loss, steps }),
  };
}
