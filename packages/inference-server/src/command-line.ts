import { parseArgs } from 'node:util';

/** Settings of the `kaito-inference-server` command. */
export interface ServerSettings {
  readonly model: string;
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

Serves a Phi-3 model on the processor: POST /chat, /v1/chat/completions, /v1/completions, /v1/models, /health, /healthz, /metrics.

  --model FILE               the GGUF file to serve (required)
  --served-model-name NAME   what clients call it; default: the name of the file
  --host ADDRESS             default 127.0.0.1
  --port N                   default 5000; 0 takes a free one and says which
  --context N                tokens of prompt and answer together; default, and at most, what the model was trained on
  --threads N                processor threads; default 1 for a tiny model, else as many as there are cores for it
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
const flag = { type: 'boolean', default: false } as const;

/** Reads the arguments that follow the program's name. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        model: text,
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
        without: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { model } = values;
    if (model === undefined) return { kind: 'wrong', message: '--model is required: the path of a GGUF file' };
    const logFormat = values['log-format'] ?? 'text';
    if (logFormat !== 'text' && logFormat !== 'json')
      return { kind: 'wrong', message: `--log-format must be text or json, got ${logFormat}` };
    return {
      kind: 'serve',
      settings: {
        model,
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
