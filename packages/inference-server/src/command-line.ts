import { parseArgs } from 'node:util';
import { pair, readAdapters } from './adapter-arguments.js';
import type { AdapterSpec } from './engine/adapter.js';

/** Settings of the `kaito-inference-server` command. */
export interface ServerSettings {
  readonly model: string;
  readonly adapters: readonly AdapterSpec[];
  /** The model or adapter that answers `/chat`; nothing means the base model with all adapters. */
  readonly chatModel: string | undefined;
  readonly adapterRoutes: boolean;
  readonly adapterSlots: number | undefined;
  readonly maxAdapterRank: number | undefined;
  /** What requests call by the first path lies at the second. */
  readonly mounts: readonly (readonly [string, string])[];
  readonly cache: string | undefined;
  readonly parallel: number;
  readonly servedModelName: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly context: number | undefined;
  readonly threads: number | undefined;
  readonly queue: number;
  readonly maxBody: number;
  readonly drainSeconds: number;
  readonly exitWithParent: boolean;
  readonly logFormat: 'text' | 'json';
  readonly verbose: boolean;
  /** Printed first, before anything else: who really answers. */
  readonly notice: string | undefined;
  /** Paths that are not served. */
  readonly without: readonly string[];
}

/** What the arguments ask for. */
export type CommandLine =
  | { readonly kind: 'serve'; readonly settings: ServerSettings }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** The text of `--help`. */
export const usage = `usage: kaito-inference-server --model FILE.gguf [options]

Serves a Phi-3 model on the processor: POST /chat, /v1/chat/completions, /v1/completions, /v1/models, /health, /healthz, /ready, /metrics.

  --model PATH               the GGUF file to serve, or a Hugging Face folder, which is converted (required)
  --adapter NAME=PATH        a LoRA adapter, a PEFT folder or a GGUF file; may be repeated
  --adapters-folder FOLDER   every folder in it with an adapter_config.json, by its name
  --adapter-strength NAME=N  from 0 to 1; default: the environment variable of the adapter's name, else 1
  --adapter-routes           take and give up adapters by POST /v1/load_lora_adapter and /v1/unload_lora_adapter: for trusted networks only
  --max-adapter-rank N       adapters of a higher rank are refused; default: any rank
  --adapter-slots N          adapters at hand at once, others are read again when they are asked for; default: all
  --mount PATH=FOLDER        with --adapter-routes: what requests call PATH lies in FOLDER; may be repeated
  --chat-model NAME          what answers /chat; default: the model with all of its adapters at once
  --cache FOLDER             where converted folders are kept; default ~/.cache/kaito-sdk/gguf
  --served-model-name NAME   what clients call it; default: the name of the file
  --host ADDRESS             default 127.0.0.1
  --port N                   default 5000; 0 takes a free one and says which
  --context N                tokens of prompt and answer together; default, and at most, what the model was trained on
  --threads N                processor threads; default 1 for a tiny model, else as many as there are cores for it
  --parallel N               requests that are answered at a time, each with a context of its own in memory; default 1
  --queue N                  requests that may wait; more get 429; default 32
  --max-body BYTES           larger bodies get 413; default 1048576
  --drain-seconds N          on SIGTERM or SIGINT, how long running requests may take to finish; default 25
  --exit-with-parent         end when standard input ends, so that nothing is left behind when the parent dies
  --log-format text|json     lines on standard error; default text
  --verbose                  also log probes and scrapes
  --notice TEXT              a line to print first
  --without PATH             do not serve this path; may be repeated
  --help

exit codes: 0 ended on request, 1 could not start, 2 wrong arguments, 3 requests were cut off because they did not finish in time`;

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;

/** Reads the arguments that follow the program's name. */
export function parseCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        model: text,
        adapter: list,
        'adapters-folder': text,
        'adapter-strength': list,
        'adapter-routes': flag,
        'max-adapter-rank': text,
        'adapter-slots': text,
        mount: list,
        'chat-model': text,
        cache: text,
        parallel: text,
        'served-model-name': text,
        host: text,
        port: text,
        context: text,
        threads: text,
        queue: text,
        'max-body': text,
        'drain-seconds': text,
        'exit-with-parent': flag,
        'log-format': text,
        verbose: flag,
        notice: text,
        without: list,
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { model } = values;
    if (model === undefined)
      return { kind: 'wrong', message: '--model is required: the path of a GGUF file or of a Hugging Face folder' };
    const logFormat = values['log-format'] ?? 'text';
    if (logFormat !== 'text' && logFormat !== 'json')
      return { kind: 'wrong', message: `--log-format must be text or json, got ${logFormat}` };
    return {
      kind: 'serve',
      settings: {
        model,
        adapters: readAdapters(
          {
            named: values.adapter ?? [],
            folder: values['adapters-folder'],
            strengths: values['adapter-strength'] ?? [],
          },
          env,
        ),
        chatModel: values['chat-model'],
        adapterRoutes: values['adapter-routes'],
        maxAdapterRank: whole('--max-adapter-rank', values['max-adapter-rank'], 1),
        adapterSlots: whole('--adapter-slots', values['adapter-slots'], 1),
        mounts: (values.mount ?? []).map((text) => pair('--mount', text, 'FOLDER')),
        cache: values.cache,
        parallel: whole('--parallel', values.parallel, 1, 64) ?? 1,
        servedModelName: values['served-model-name'],
        host: values.host ?? '127.0.0.1',
        port: whole('--port', values.port, 0, 65535) ?? 5000,
        context: whole('--context', values.context, 16),
        threads: whole('--threads', values.threads, 1),
        queue: whole('--queue', values.queue, 0) ?? 32,
        maxBody: whole('--max-body', values['max-body'], 1) ?? 2 ** 20,
        drainSeconds: whole('--drain-seconds', values['drain-seconds'], 0) ?? 25,
        exitWithParent: values['exit-with-parent'],
        logFormat,
        verbose: values.verbose,
        notice: values.notice,
        without: values.without ?? [],
      },
    };
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

function whole(
  name: string,
  value: string | undefined,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < min || number > max)
    throw new Error(
      `${name} must be a whole number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}, got ${value}`,
    );
  return number;
}
