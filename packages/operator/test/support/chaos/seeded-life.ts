import { byCall, faultText } from './call-fault.js';
import { type ChaosCase, chaosLife, checkChaos } from './chaos-life.js';
import { undisturbedLife } from './crash-everywhere.js';
import { minimize } from './minimize.js';
import { faultsOf, placeOf } from './seeded-faults.js';

/** A seed whose life ended otherwise than the undisturbed one, with the fewest faults that do it. */
export interface SeedFailure {
  readonly seed: number;
  /** To be stored as a regression, as it is. */
  readonly case: ChaosCase;
  readonly message: string;
}

/** The life of a seed. Answers undefined where all is well, else the failure, made small. */
export async function seededLife(seed: number): Promise<SeedFailure | undefined> {
  const place = placeOf(seed);
  const { calls } = await undisturbedLife(place.ground, place.life);
  const faults = faultsOf(seed, calls);
  if ((await failureOf({ ...place, faults })) === undefined) return undefined;
  const least = await minimize(faults, async (some) => (await failureOf({ ...place, faults: some })) !== undefined);
  const found = { ...place, faults: least };
  const message = (await failureOf(found)) ?? 'it failed only once: the run does not depend on its seed alone';
  return { seed, case: { ...place, faults: await named(found) }, message };
}

async function named(one: ChaosCase): Promise<ChaosCase['faults']> {
  const story = await chaosLife(one).then(
    (end) => end.story,
    () => undefined,
  );
  return story === undefined ? one.faults : byCall(one.faults, story);
}

/** What is wrong with the end of this life, if anything. */
export async function failureOf(one: ChaosCase): Promise<string | undefined> {
  const { state } = await undisturbedLife(one.ground, one.life);
  return checkChaos(one, state).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** For a person: what happened, and how to see it again. */
export function failureText({ seed, case: one, message }: SeedFailure): string {
  const { ground, life, faults } = one;
  return `seed ${seed} (${life} on ${ground}): ${faults.map(faultText).join(', ')}: ${message}\n  as a regression: ${JSON.stringify(one)}`;
}
