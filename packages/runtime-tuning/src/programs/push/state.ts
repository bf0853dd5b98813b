import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckedFile } from '../check/check-data.js';

/** What the supervisor of the training last wrote about it. */
export interface TrainingState {
  readonly state: 'running' | 'completed' | 'failed';
  readonly code?: string;
  readonly message?: string;
  /** Of a completed one. */
  readonly loss?: number;
  readonly steps?: number;
  /** The settings that were trained with, as the adapter's users want to know them. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Files of the folder that tell how the training of this pod goes. */
export const TRAINING_STATE = ['training.json', 'alive'] as const;

/** Undefined while nothing was written yet, or in the middle of a write. */
export async function readTrainingState(folder: string): Promise<TrainingState | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'training.json'), 'utf8')) as TrainingState;
  } catch {
    return undefined;
  }
}

/** When the supervisor last gave a sign of life, milliseconds since the epoch; undefined before the first. */
export async function lastSign(folder: string): Promise<number | undefined> {
  return stat(join(folder, 'alive')).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** What the data turned out to be; written by the container that fetched it. */
export async function readDataset(folder: string): Promise<readonly CheckedFile[]> {
  try {
    return JSON.parse(await readFile(join(folder, 'dataset.json'), 'utf8')) as readonly CheckedFile[];
  } catch {
    return [];
  }
}
