import { parseCommandLine } from '../command-line.js';
import { tinyModelPath } from '../tiny-model.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';
import { mountedPath } from './mounted-path.js';
import { serverProgram } from './tiny-model-process.js';

/** Any registry, this project's repository, any tag or digest. */
const image = /(?:^|\/)kaito-sdk\/inference-server(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;

const PROGRAM = 'kaito-inference-server';

/** Where the image has the tiny model. */
export const MODEL_IN_IMAGE = '/models/kaito-tiny-phi3.gguf';

/** Flags whose value is a path of the container, and those with one behind an equals sign. */
const paths: ReadonlySet<string> = new Set(['--model', '--adapters-folder', '--cache']);
const namedPaths: ReadonlySet<string> = new Set(['--adapter']);

/**
 * The image of this package's own server. Nothing is imitated: the program itself runs, with the paths of the container turned into
 * those of this machine. A path where nothing is mounted is not there.
 */
export function inferenceServerImage(): ImageProgram {
  return { match: (reference) => image.test(reference), start };
}

function start(container: ContainerStart): ProcessSpec | Refusal {
  // Without a command the image starts the server with what else is given.
  const [program, ...words] =
    container.command.length === 0 ? [PROGRAM, ...container.args] : [...container.command, ...container.args];
  if (program !== PROGRAM)
    return {
      refuse: 'start',
      message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
    };
  const here = onThisMachine(container, words);
  const read = parseCommandLine(here, container.env);
  if (read.kind === 'wrong') return { refuse: 'exit', message: `${PROGRAM}: ${read.message}`, code: 2 };
  if (read.kind === 'help') return { refuse: 'exit', message: '', code: 0 };
  const { host, port } = read.settings;
  // A server on the pod's own loopback answers nobody outside of the pod: neither a Service nor a probe.
  const reachable = host === '0.0.0.0' || host === '::';
  return {
    command: process.execPath,
    args: [
      serverProgram,
      ...here,
      ...['--host', '127.0.0.1', '--port', String(reachable ? container.hostPort(port) : 0)],
      '--exit-with-parent',
    ],
    env: container.env,
  };
}

/** The words with every path of the container as it is called here; the last one of a flag wins, so that ours can follow. */
function onThisMachine(container: ContainerStart, words: readonly string[]): readonly string[] {
  return words
    .flatMap((word) => {
      const at = word.indexOf('=');
      const flag = at < 0 ? '' : word.slice(0, at);
      return paths.has(flag) || namedPaths.has(flag) ? [flag, word.slice(at + 1)] : [word];
    })
    .map((word, i, all) => {
      const flag = all[i - 1] ?? '';
      if (paths.has(flag)) return located(container, word);
      if (!namedPaths.has(flag)) return word;
      const at = word.indexOf('=');
      return at < 0 ? word : `${word.slice(0, at)}=${located(container, word.slice(at + 1))}`;
    });
}

function located(container: ContainerStart, path: string): string {
  if (path === MODEL_IN_IMAGE) return tinyModelPath;
  return mountedPath(container, path) ?? `/nowhere${path}`;
}
