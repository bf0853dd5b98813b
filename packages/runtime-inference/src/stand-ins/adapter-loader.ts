import { isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOADER_REPOSITORY } from '../adapters/adapter-options.js';
import type { LoaderDocument, LoaderModel } from '../loader/document.js';
import { EXIT_CODES, LoaderError } from '../loader/loader-error.js';
import { readDocument } from '../loader/read-document.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';

export interface LoaderStandInOptions {
  /**
   * Sizes of the model that answers in place of the real one: adapters are checked against it, as it is what they will be laid over.
   * @default those of the document, the real model's
   */
  readonly model?: Omit<LoaderModel, 'names'>;
}

const main = fileURLToPath(new URL('../loader/main.js', import.meta.url));

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
  try {
    const document = onThisMachine(readDocument(words.join(' ')), container);
    const told: LoaderDocument = { ...document, model: { ...document.model, ...model } };
    const lastWords = hostPath(container, '/dev/termination-log');
    return {
      command: process.execPath,
      args: [main, JSON.stringify(told)],
      env: { ...container.env, ...(lastWords === undefined ? {} : { KAITO_TERMINATION_LOG: lastWords }) },
    };
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return { refuse: 'exit', message: `${error.code}: ${error.message}`, code: EXIT_CODES[error.code] };
  }
}

function onThisMachine(document: LoaderDocument, container: ContainerStart): LoaderDocument {
  const at = (path: string): string => {
    const found = hostPath(container, path);
    if (found === undefined)
      throw new LoaderError('ADAPTER_INVALID', `ENOENT: no such file or directory, ${path}: nothing is mounted there`);
    return found;
  };
  return {
    ...document,
    into: at(document.into),
    adapters: document.adapters.map((adapter) => ({
      ...adapter,
      ...(adapter.secrets === undefined
        ? {}
        : { secrets: adapter.secrets.map(({ name, folder }) => ({ name, folder: at(folder) })) }),
      ...(adapter.folder === undefined ? {} : { folder: at(adapter.folder) }),
    })),
  };
}

/** Where a path of the container lies on this machine, by the mount that holds it most closely. */
function hostPath({ mounts }: ContainerStart, path: string): string | undefined {
  const holding = mounts
    .map(({ mountPath, hostPath }) => ({ below: relative(mountPath, path), hostPath, length: mountPath.length }))
    .filter(({ below }) => !below.startsWith('..') && !isAbsolute(below))
    .sort((a, b) => b.length - a.length)[0];
  return holding && join(holding.hostPath, holding.below);
}
