import { fileURLToPath } from 'node:url';
import { LOADER_REPOSITORY } from '../adapters/adapter-options.js';
import type { LoaderModel } from '../loader/document.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';

export interface LoaderStandInOptions {
  /**
   * Sizes of the model that answers in place of the real one: adapters are checked against it, as it is what they will be laid over.
   * @default those of the document, the real model's
   */
  readonly model?: Omit<LoaderModel, 'names'>;
}

const main = fileURLToPath(new URL('./loader-main.js', import.meta.url));
const LAST_WORDS = '/dev/termination-log';

/**
 * The loader's own program, run as a process of this machine where its image would run in a cluster. Nothing is imitated: paths of
 * the container are turned into those of this machine, and a path that is not mounted fails as it would there.
 */
export function adapterLoader({ model }: LoaderStandInOptions = {}): ImageProgram {
  return {
    match: (image) => new RegExp(`(?:^|/)${LOADER_REPOSITORY}:v\\d+$`).test(image),
    start: (container) => start(container, model),
  };
}

function start(container: ContainerStart, model: LoaderStandInOptions['model']): ProcessSpec | Refusal {
  const [program, ...words] = [...container.command, ...container.args];
  if (program !== 'kaito-adapter-loader') {
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program ?? ''}": executable file not found in $PATH: unknown`;
    return { refuse: 'start', message };
  }
  const mounts = container.mounts.map(({ mountPath, hostPath }) => ({ mountPath, hostPath }));
  const lastWords = mounts.find(({ mountPath }) => mountPath === LAST_WORDS)?.hostPath;
  return {
    command: process.execPath,
    args: [main, JSON.stringify({ mounts, model }), ...words.map((word) => onThisMachine(word, container))],
    env: { ...container.env, ...(lastWords === undefined ? {} : { KAITO_TERMINATION_LOG: lastWords }) },
  };
}

/** The containers of a pod share its loopback, whose ports are others here. */
function onThisMachine(word: string, { hostPort }: ContainerStart): string {
  const [, port] = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(word) ?? [];
  return port === undefined || hostPort === undefined ? word : `http://127.0.0.1:${hostPort(Number(port))}`;
}
