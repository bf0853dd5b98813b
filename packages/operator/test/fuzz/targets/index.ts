import type { Target } from '../target.js';
import { answers } from './answers.js';
import { files } from './files.js';
import { lives } from './lives.js';
import { annotations, manifests } from './manifests.js';
import { servers } from './servers.js';
import { states } from './states.js';

/** Everything that reads what others wrote. */
export const targets: readonly Target<never>[] = [
  ...manifests,
  annotations,
  ...files,
  ...answers,
  ...states,
  ...servers,
  lives,
] as never;
