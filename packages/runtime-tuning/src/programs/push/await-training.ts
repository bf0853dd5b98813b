import { Failure } from '../failure.js';
import { pause, type Surroundings } from '../surroundings.js';
import { lastSign, readTrainingState, type TrainingState } from './state.js';

const LOOK_MS = 1000;

/** Longer than a container that runs can be silent: the supervisor gives a sign each five seconds. */
const SILENCE_MS = 180_000;

/**
 * Waits until the training beside this container has ended, one way or the other. A container cannot see another one die, so a
 * supervisor that gives no sign of life counts as dead: a pusher that waited for ever would keep the node for ever.
 *
 * @returns the state of a completed training; undefined when it failed, which its own container tells
 * @throws Failure TRAINER_GONE
 */
export async function awaitTraining(folder: string, { clock }: Surroundings): Promise<TrainingState | undefined> {
  const began = clock.now();
  for (;;) {
    const state = await readTrainingState(folder);
    if (state?.state === 'completed') return state;
    if (state?.state === 'failed') return undefined;
    // Before the first sign the container may still be pulling its image.
    const sign = await lastSign(folder);
    if (sign !== undefined && clock.now() - Math.max(began, sign) > SILENCE_MS) {
      const message = `the training gave no sign of life for ${SILENCE_MS / 60_000} minutes: its container is gone`;
      throw new Failure('TRAINER_GONE', message, false);
    }
    await pause(clock, LOOK_MS);
  }
}
