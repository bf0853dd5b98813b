import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type PushedImage, pushImage } from '@kaito-sdk/oci';
import { pushAuth, pushFailure } from '../check/check-push.js';
import { Failure } from '../failure.js';
import { pause, type Surroundings } from '../surroundings.js';
import type { Task } from '../task.js';
import { annotationsOf } from './annotations.js';
import { readDataset, type TrainingState } from './state.js';

/** The files of an adapter, and where they lie in its image: KAITO's places. */
const FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const;

export interface PushPlaces {
  readonly results: string;
  readonly state: string;
  readonly secret: string;
}

/** Between two tries of a push that was refused: time for somebody to mend the Secret or the registry. */
const PAUSES_MS = [5_000, 15_000, 60_000, 300_000];

/** A node is paid for while it holds the result. After that long it is given up. */
const LONGEST_MS = 6 * 3_600_000;

/**
 * Pushes the adapter, and does not let go of it when that fails: the Secret is read anew for each try, so that one that was put right
 * is enough, and nothing is trained again. The tag is written last; whoever finds it finds a whole image.
 */
export async function pushAdapter(
  task: Task,
  training: TrainingState,
  places: PushPlaces,
  around: Surroundings,
): Promise<PushedImage> {
  const { output } = task;
  if (!output) throw new Failure('NOTHING_TO_PUSH', 'the task names no image to push to');
  for (const file of FILES) {
    await access(join(places.results, file)).catch(() => {
      throw new Failure('ADAPTER_MISSING', `the training left no ${file}`);
    });
  }
  const annotations = annotationsOf(task, training, await readDataset(places.state));
  const began = around.clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await pushImage({
        ref: output.image,
        files: FILES.map((file) => ({ path: `data/${file}`, from: { file: join(places.results, file) } })),
        annotations,
        auth: await pushAuth(output.secret, places.secret),
        ...(task.plainHttpRegistries ? { plainHttp: 'always' as const } : {}),
      });
    } catch (error) {
      const failure = pushFailure(error);
      const wait = PAUSES_MS[Math.min(tries, PAUSES_MS.length) - 1] ?? 0;
      if (around.clock.now() + wait - began > LONGEST_MS) throw failure;
      const message = `the adapter is trained and cannot be pushed: ${failure.message}. It is kept, and pushed without training again when that is mended`;
      around.say('push-failed', { code: failure.code, message, tries });
      await pause(around.clock, wait);
    }
  }
}
