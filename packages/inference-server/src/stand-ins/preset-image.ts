import { accelerateFlags } from './accelerate-flags.js';
import { readArguments } from './arguments.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';
import { readInferenceApi } from './inference-api.js';
import { presetAdapters } from './preset-adapters.js';
import { shellWords } from './shell-words.js';
import type { StandInOptions } from './stand-in-options.js';
import { tinyModelProcess } from './tiny-model-process.js';

/** The tags whose contents are those of KAITO v0.3.0 to v0.3.2; from 0.0.3 on the images are laid out in another way. */
const image = /(?:^|\/)kaito-(phi-3-mini-(?:4k|128k)-instruct):0\.0\.[12](?:@sha256:[0-9a-f]{64})?$/;

const HOME = '/workspace/tfs';
const SCRIPT = 'inference_api.py';
const PORT = 5000;

/** Stands in for KAITO's public images of the phi-3 mini family, which hold a model's weights and its `/chat` server. */
export function presetImage(options: StandInOptions): ImageProgram {
  return {
    match: (reference) => image.test(reference),
    start: (container) => start(container, options),
  };
}

function start(container: ContainerStart, options: StandInOptions): ProcessSpec | Refusal {
  const words = commandWords(container);
  if ('refuse' in words) return words;
  const [program, subcommand, ...rest] = words;
  // Without a command the image starts Python's prompt, which ends at once where there is nobody to type.
  if (program === undefined) return exit('', 0);
  if (program !== 'accelerate') return commandNotFound(container, program);
  if (subcommand !== 'launch')
    return exit(
      `usage: accelerate <command> [<args>]\nAccelerate CLI tool: error: invalid choice: '${subcommand ?? ''}'`,
      2,
    );

  const launch = readArguments(accelerateFlags, rest, { stopAtPositional: true });
  if (launch.kind === 'error')
    return exit(
      `usage: accelerate <command> [<args>] launch\naccelerate <command> [<args>] launch: error: ${launch.message}`,
      2,
    );
  const [script, ...scriptWords] = launch.positionals;
  if (script === undefined)
    return exit(
      'accelerate <command> [<args>] launch: error: the following arguments are required: training_script',
      2,
    );
  if (launch.unrecognized.length > 0)
    return exit(
      `usage: accelerate <command> [<args>]\nAccelerate CLI tool: error: unrecognized arguments: ${launch.unrecognized.join(' ')}`,
      2,
    );

  const path = script.startsWith('/') ? script : `${container.workingDir ?? HOME}/${script}`.replaceAll('//', '/');
  if (path !== `${HOME}/${SCRIPT}`)
    return failedChild(words, `python: can't open file '${path}': [Errno 2] No such file or directory`, 2);
  const api = readInferenceApi(scriptWords, options.computeCapability?.(container));
  if (api.kind === 'exits') return failedChild(words, api.message, api.code);

  const adapters = presetAdapters(container);
  if (adapters.kind === 'raises')
    return failedChild(words, `Traceback (most recent call last):\n${adapters.message}`, 1);

  const [, preset = ''] = image.exec(container.image) ?? [];
  return tinyModelProcess({
    insteadOf: container.image,
    accepted: [...rest.slice(0, rest.indexOf(script)), ...api.flags.filter((flag) => !api.ignored.includes(flag))],
    withoutEffect: api.ignored,
    servedModelName: preset,
    adapters: adapters.adapters,
    port: container.hostPort(PORT + localRank(container)),
    // What that server did not have.
    without: ['/health', '/v1/chat/completions', '/v1/completions', '/v1/models'],
  });
}

function commandWords({ command, args }: ContainerStart): readonly string[] | Refusal {
  const words = [...command, ...args];
  const [shell = '', flag, line = ''] = words;
  if (!/^(\/bin\/|\/usr\/bin\/)?(ba)?sh$/.test(shell)) return words;
  if (flag !== '-c' || words.length > 3) return exit('the stand-in reads a shell only as: sh -c "COMMAND"', 2);
  const read = shellWords(line);
  return read.kind === 'words' ? read.words : exit(`${shell}: 1: ${read.reason}`, 2);
}

function commandNotFound({ command, args }: ContainerStart, program: string): Refusal {
  const inShell = program !== [...command, ...args][0];
  if (inShell) return exit(`/bin/sh: 1: ${program}: not found`, 127);
  return {
    refuse: 'start',
    message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
  };
}

/** accelerate runs the script as a child, shows what it says, and then fails itself with exit code 1, whatever the child's was. */
function failedChild(words: readonly string[], message: string, code: number): Refusal {
  const child = ['/usr/local/bin/python', ...words.slice(words.findIndex((word) => word.endsWith('.py')))];
  const list = child.map((word) => `'${word}'`).join(', ');
  return exit(
    `${message}\nsubprocess.CalledProcessError: Command '[${list}]' returned non-zero exit status ${code}.`,
    1,
  );
}

function localRank({ env }: ContainerStart): number {
  return Number.parseInt(env.LOCAL_RANK ?? '0', 10) || 0;
}

function exit(message: string, code: number): Refusal {
  return { refuse: 'exit', message, code };
}
