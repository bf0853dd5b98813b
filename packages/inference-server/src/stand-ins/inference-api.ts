import { type Option, readArguments } from './arguments.js';

/** What KAITO's text-generation program makes of its arguments. */
export type InferenceApi =
  | {
      readonly kind: 'serves';
      readonly dtype: string | undefined;
      readonly flags: readonly string[];
      readonly ignored: readonly string[];
    }
  | { readonly kind: 'exits'; readonly message: string; readonly code: number };

const truth = (name: string): Option => ({ names: [name], takes: 'none' });

/** The fields of the program's configuration in KAITO v0.3.2; whatever else comes as `--key value` is passed on and not checked. */
const known: readonly Option[] = [
  { names: ['--pipeline'], takes: 'one' },
  { names: ['--torch-dtype'], takes: 'one' },
  ...[
    '--trust-remote-code',
    '--load-in-4bit',
    '--load-in-8bit',
    '--from-tf',
    '--force-download',
    '--resume-download',
  ].map(truth),
  ...['--output-loading-info', '--allow-remote-files'].map(truth),
  ...[
    '--pretrained-model-name-or-path',
    '--combination-type',
    '--device-map',
    '--revision',
    '--cache-dir',
    '--proxies',
    '--state-dict',
  ].map((name): Option => ({ names: [name], takes: 'one' })),
];

/** The floating types of torch by both of their names, and `auto`, which the program understands from v0.3.1 on. */
const torchTypes = ['auto', 'float16', 'half', 'bfloat16', 'float32', 'float', 'float64', 'double'];

/** Where the image keeps its weights. */
const WEIGHTS = '/workspace/tfs/weights';

/**
 * Checks the arguments of `inference_api.py` as it does itself.
 *
 * @param computeCapability of the GPU, when it is known. Phi-3's own type is bfloat16, which GPUs before 8.0 do not have.
 */
export function readInferenceApi(words: readonly string[], computeCapability: number | undefined): InferenceApi {
  // HfArgumentParser takes a truth value after its flag; argparse alone would call it a positional.
  const plain = words.map((word) => word.replace(/^(--[\w-]+)=(true|True|1)$/, '$1'));
  const read = readArguments(known, plain);
  if (read.kind === 'error') return argparseExit(read.message);
  const pipeline = read.values.get('--pipeline')?.at(-1);
  if (pipeline === undefined) return argparseExit('the following arguments are required: --pipeline');
  const dtype = read.values.get('--torch-dtype')?.at(-1);
  if (dtype !== undefined && !torchTypes.includes(dtype)) return raises(`ValueError: Invalid torch dtype: ${dtype}`);
  if (pipeline === 'conversational')
    return raises('the stand-in model cannot do the conversational pipeline of the real image; use text-generation');
  if (pipeline !== 'text-generation') return raises(`ValueError: Unsupported pipeline: ${pipeline}`);
  const weights = read.values.get('--pretrained-model-name-or-path')?.at(-1) ?? WEIGHTS;
  if (weights.replace(/\/+$/, '') !== WEIGHTS)
    return raises(
      `OSError: ${weights} does not appear to have a file named config.json: the image has its weights in ${WEIGHTS}`,
    );
  if (computeCapability !== undefined && computeCapability < 8 && (dtype === 'bfloat16' || dtype === 'auto'))
    return raises(
      `RuntimeError: bfloat16 is not supported by a GPU of compute capability ${computeCapability.toFixed(1)}` +
        `${dtype === 'auto' ? ', and for phi-3 auto means bfloat16' : ''}; use --torch_dtype=float16`,
    );
  return { kind: 'serves', dtype, flags: words, ignored: read.unrecognized };
}

function argparseExit(message: string): InferenceApi {
  return {
    kind: 'exits',
    message: `usage: inference_api.py [-h] --pipeline PIPELINE [...]\ninference_api.py: error: ${message}`,
    code: 2,
  };
}

function raises(message: string): InferenceApi {
  return { kind: 'exits', message: `Traceback (most recent call last):\n${message}`, code: 1 };
}
