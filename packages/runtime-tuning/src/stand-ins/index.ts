import { fileURLToPath } from 'node:url';
import { lastWords, rootOf, translated } from './container-paths.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';

export type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';

export interface TuningStandInOptions {
  /** The Python of the trainer's environment, `$(bash trainer/install.sh)/bin/python`. */
  readonly python: string;
  /** More of the environment of both programs, for tests: a mirror of the hub, a number of threads. */
  readonly env?: Readonly<Record<string, string>>;
}

const main = fileURLToPath(new URL('../programs/main.js', import.meta.url));
const trainer = fileURLToPath(new URL('../../trainer', import.meta.url));

/**
 * The programs of a tuning's images, run as processes of this machine where the images would run in a cluster. Nothing is imitated: it
 * is the same programs, with paths of the container turned into those of this machine.
 */
export function tuningPrograms({ python, env = {} }: TuningStandInOptions): readonly ImageProgram[] {
  return [
    { match: (image) => /(?:^|\/)tuning-tools:[^/]+$/.test(image), start: (container) => tools(container, env) },
    {
      match: (image) => /(?:^|\/)trainer:[^/]+$/.test(image),
      start: (container) => trainerProcess(container, python, env),
    },
  ];
}

function tools(container: ContainerStart, env: Readonly<Record<string, string>>): ProcessSpec | Refusal {
  const [program = '', ...words] = [...container.command, ...container.args];
  if (program !== 'kaito-tuning') return notFound(program);
  return {
    command: process.execPath,
    args: [main, ...words],
    env: { ...container.env, ...env, KAITO_TUNING_ROOT: rootOf(container), TERMINATION_LOG: lastWords(container) },
  };
}

function trainerProcess(
  container: ContainerStart,
  python: string,
  env: Readonly<Record<string, string>>,
): ProcessSpec | Refusal {
  const [program = '', ...words] = [...container.command, ...container.args];
  if (program !== 'python') return notFound(program);
  const weights = container.mounts.find(({ mountPath }) => mountPath === '/workspace/tfs/weights');
  return {
    command: python,
    args: words,
    env: {
      ...translated(container),
      ...env,
      PYTHONPATH: trainer,
      // Its cache would be written into the source of this package.
      PYTHONDONTWRITEBYTECODE: '1',
      ...(weights === undefined ? {} : { WEIGHTS_FOLDER: weights.hostPath }),
      TERMINATION_LOG: lastWords(container),
    },
  };
}

function notFound(program: string): Refusal {
  const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`;
  return { refuse: 'start', message };
}
