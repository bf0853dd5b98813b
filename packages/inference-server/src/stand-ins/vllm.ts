import { readArguments } from './arguments.js';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';
import { readLoraModules } from './lora-modules.js';
import { OUR_PATHS, readMiddleware } from './middleware.js';
import { isWithin } from './mounted-path.js';
import { scriptProbe, unwrapScripts } from './our-scripts.js';
import { shellWords } from './shell-words.js';
import type { StandInOptions } from './stand-in-options.js';
import { tinyModelProcess } from './tiny-model-process.js';
import { vllmFlags, withoutEffect } from './vllm-flags.js';

/** Any registry, vLLM's own repository, and a tag that exists: a release, `latest` or `nightly`. */
const image =
  /(?:^|\/)vllm\/vllm-openai(?::(v\d+\.\d+\.\d+[\w.-]*|latest[\w.-]*|nightly[\w.-]*))?(?:@sha256:[0-9a-f]{64})?$/;

/** vLLM's own default where no model is given. */
const DEFAULT_MODEL = 'Qwen/Qwen3-0.6B';
const DEFAULT_PORT = 8000;
const SHARED_MEMORY = '/dev/shm';
/** The least that this package's own server takes. */
const SHORTEST_CONTEXT = 16;

/** Stands in for vLLM's public image with its OpenAI server, started as `vllm serve` or as the module behind it. */
export function vllm(options: StandInOptions): ImageProgram {
  return {
    match: (reference) => image.test(reference),
    start: (container) => {
      const unwrapped = unwrapScripts(container);
      if (!('words' in unwrapped)) return unwrapped;
      const { words } = unwrapped;
      // What the image itself makes of a missing command is left to it.
      return start(container.command.length === 0 ? container : { ...container, command: words, args: [] }, options);
    },
    exec: scriptProbe,
  };
}

type Values = ReadonlyMap<string, readonly string[]>;

function start(container: ContainerStart, options: StandInOptions): ProcessSpec | Refusal {
  const command = serveWords(container);
  if ('refuse' in command) return command;
  const { words, serve } = command;
  const tag = image.exec(container.image)?.[1] ?? 'latest';
  const read = readArguments(vllmFlags(tag), words, { maxPositionals: serve ? 1 : 0 });
  const usage = serve
    ? 'usage: vllm serve [model_tag] [options]\nvllm serve'
    : 'usage: api_server.py [-h] [...]\napi_server.py';
  if (read.kind === 'error') return exit(`${usage}: error: ${read.message}`, 2);
  if (read.unrecognized.length > 0) {
    const program = serve
      ? 'usage: vllm [-h] [-v] {chat,complete,serve,launch,bench,collect-env,run-batch} ...\nvllm'
      : usage;
    return exit(`${program}: error: unrecognized arguments: ${read.unrecognized.join(' ')}`, 2);
  }
  const { values } = read;
  const model = read.positionals[0] ?? values.get('--model')?.at(-1) ?? DEFAULT_MODEL;
  const impossible = impossibility(container, values, model, options);
  if (impossible !== undefined) return exit(impossible, 1);
  const middleware = readMiddleware(container, values.get('--middleware') ?? []);
  if (middleware.kind === 'missing') return exit(`Traceback (most recent call last):\n${middleware.message}`, 1);

  const servedModelName = values.get('--served-model-name')?.[0] ?? model;
  const lora = readLoraModules(container, values, servedModelName);
  if (lora.kind === 'exits') return exit(lora.message, lora.code);

  const used = [...values.keys()];
  const context = contextOf(values);
  return tinyModelProcess({
    insteadOf: `${model} on ${container.image}`,
    accepted: words,
    withoutEffect: used.filter((flag) => withoutEffect.has(flag)),
    servedModelName,
    adapters: lora.adapters,
    maxAdapterRank: lora.maxRank,
    adapterSlots: lora.slots,
    // What the middleware asks the server for.
    chatModel: container.env.KAITO_CHAT_MODEL ?? servedModelName,
    ...(lora.routes ? { adapterRoutes: container.mounts } : {}),
    port: reachablePort(container, values),
    ...(context === undefined ? {} : { context }),
    // vLLM has no /chat of its own and answers 404 at the root.
    without: ['/', ...[...OUR_PATHS].filter((path) => !middleware.paths.includes(path))],
  });
}

/** The arguments after `vllm serve` or the module's name, whichever way the container says it. */
function serveWords({
  command,
  args,
}: ContainerStart): { readonly words: readonly string[]; readonly serve: boolean } | Refusal {
  if (command.length === 0) return { words: args, serve: true };
  let words = [...command, ...args];
  if (/^(\/usr)?(\/bin\/)?(ba)?sh$/.test(words[0] ?? '') && words[1] === '-c' && words.length === 3) {
    const read = shellWords(words[2] ?? '');
    if (read.kind === 'unreadable') return exit(`/bin/sh: 1: ${read.reason}`, 2);
    words = read.words.filter((word, i) => i > 0 || word !== 'exec');
  }
  const [program = '', first, second, ...rest] = words;
  if (program === 'vllm' && first === 'serve') return { words: words.slice(2), serve: true };
  if (program === 'vllm') return exit(`vllm: error: argument subparser: invalid choice: '${first ?? ''}'`, 2);
  if (/^python3?$/.test(program) && first === '-m' && second === 'vllm.entrypoints.openai.api_server')
    return { words: rest, serve: false };
  if (/^python3?$/.test(program))
    return exit('the stand-in runs only python3 -m vllm.entrypoints.openai.api_server', 1);
  return {
    refuse: 'start',
    message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
  };
}

/** What the arguments ask for and the container does not give, in vLLM's words where they are known. */
function impossibility(
  container: ContainerStart,
  values: Values,
  model: string,
  options: StandInOptions,
): string | undefined {
  const gpus = Number(container.resources.limits['nvidia.com/gpu'] ?? 0);
  if (gpus < 1) return 'RuntimeError: Failed to infer device type: the container has no nvidia.com/gpu in its limits';
  const capability = options.computeCapability?.(container);
  const dtype = values.get('--dtype')?.at(-1);
  if (capability !== undefined && capability < 8 && dtype === 'bfloat16')
    return `ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your GPU has compute capability ${capability.toFixed(1)}. You can use float16 instead by explicitly setting the \`dtype\` flag in CLI, for example: --dtype=half.`;
  const parallel = Number(values.get('--tensor-parallel-size')?.at(-1) ?? 1);
  if (parallel > gpus)
    return `ValueError: tensor parallel size ${parallel} is larger than the number of available GPUs (${gpus})`;
  if (
    parallel > 1 &&
    !container.mounts.some(({ mountPath, medium }) => mountPath === SHARED_MEMORY && medium === 'Memory')
  )
    return `RuntimeError: NCCL error: Error while creating shared memory segment in ${SHARED_MEMORY}: ${parallel} GPUs exchange tensors through it, and a container's own has 64 MiB. Mount an emptyDir with medium Memory there`;
  const share = Number(values.get('--gpu-memory-utilization')?.at(-1) ?? 0.9);
  if (share <= 0 || share > 1) return `ValueError: gpu_memory_utilization must be above 0 and at most 1, got ${share}`;
  if (model.startsWith('/') && !container.mounts.some(({ mountPath }) => isWithin(model, mountPath)))
    return `OSError: ${model} is no local folder: nothing is mounted there`;
  if (values.has('--uds') || values.has('--ssl-keyfile'))
    return 'the stand-in serves plain HTTP over TCP only; leave --uds and --ssl-keyfile out';
  return undefined;
}

/** A server on the pod's own loopback answers nobody outside of the pod: neither a Service nor a probe. */
function reachablePort(container: ContainerStart, values: Values): number {
  const host = values.get('--host')?.at(-1) ?? '0.0.0.0';
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return 0;
  return container.hostPort(Number(values.get('--port')?.at(-1) ?? DEFAULT_PORT));
}

function contextOf(values: Values): number | undefined {
  const [, digits, unit = ''] =
    /^(\d+(?:\.\d+)?)([kKmMgGtT]?)$/.exec(values.get('--max-model-len')?.at(-1) ?? '') ?? [];
  if (digits === undefined) return undefined;
  const power = unit === '' ? 0 : 'kmgt'.indexOf(unit.toLowerCase()) + 1;
  // vLLM reads small letters as decimal and capitals as binary.
  return Math.max(SHORTEST_CONTEXT, Math.floor(Number(digits) * (unit === unit.toLowerCase() ? 1000 : 1024) ** power));
}

function exit(message: string, code: number): Refusal {
  return { refuse: 'exit', message, code };
}
