import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure } from '../failure.js';

/** What the checks before the training read of a `training_config.yaml`. The training program reads all of it, and refuses what it does not know. */
export interface Settings {
  readonly dataset: DatasetSettings;
  /** `ModelConfig.chat_template`. */
  readonly chatTemplate?: string;
}

export interface DatasetSettings {
  readonly dataset_path?: string;
  readonly dataset_extension?: string;
  readonly context_column?: string;
  readonly response_column?: string;
  readonly messages_column?: string;
}

const SECTIONS = [
  'ModelConfig',
  'QuantizationConfig',
  'LoraConfig',
  'TrainingArguments',
  'DatasetConfig',
  'DataCollator',
];

/**
 * Reads the settings and holds them to KAITO's rules: known sections, and a quantization that is that of the method.
 *
 * @throws Failure CONFIG_MISSING, CONFIG_INVALID
 */
export async function readSettings(
  file: string,
  method: 'lora' | 'qlora',
  config: string | undefined,
): Promise<Settings> {
  const name = config === undefined ? 'the settings' : `ConfigMap ${config}`;
  const invalid = (why: string) => new Failure('CONFIG_INVALID', `${name}: ${why}`);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Failure(
      'CONFIG_MISSING',
      `${name} is not in this namespace, or has no key training_config.yaml: create it`,
    );
  });
  let document: unknown;
  try {
    // What it would warn of is in the user's words, and goes to the log of the pod with them.
    document = parse(text, { logLevel: 'error' });
  } catch (error) {
    throw invalid(`training_config.yaml is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const sections = map(map(document)?.training_config);
  if (!sections) throw invalid('training_config.yaml has no "training_config" with sections');
  const unknown = Object.keys(sections).filter((section) => !SECTIONS.includes(section));
  if (unknown.length > 0)
    throw invalid(`there are no sections ${unknown.join(', ')}; there are ${SECTIONS.join(', ')}`);
  const odd = Object.entries(sections).find(([, section]) => section !== null && !map(section));
  if (odd) throw invalid(`section ${odd[0]} is no map`);
  const of = (section: string) => map(sections[section]) ?? {};
  const why =
    quantizationProblem({ ...of('ModelConfig'), ...of('QuantizationConfig') }, method) ??
    outputProblem(of('TrainingArguments'));
  if (why !== undefined) throw invalid(why);
  const template = of('ModelConfig').chat_template;
  return { dataset: of('DatasetConfig'), ...(typeof template === 'string' ? { chatTemplate: template } : {}) };
}

function quantizationProblem(
  { load_in_4bit: four, load_in_8bit: eight }: Readonly<Record<string, unknown>>,
  method: string,
) {
  for (const [name, value] of Object.entries({ load_in_4bit: four, load_in_8bit: eight })) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') return `${name} must be true or false`;
  }
  if (eight === true) return 'load_in_8bit is not supported: use load_in_4bit for method qlora, or neither for lora';
  if (method === 'lora' && four === true)
    return 'method lora goes without load_in_4bit: remove it, or take method qlora';
  if (method === 'qlora' && four !== true)
    return 'method qlora needs QuantizationConfig.load_in_4bit: true, or take method lora';
  return undefined;
}

/** KAITO wants the results below `/mnt`, where the volume for them is. They are kept in that volume whatever the folder. */
function outputProblem({ output_dir: folder }: Readonly<Record<string, unknown>>): string | undefined {
  if (folder === undefined || folder === null) return undefined;
  const path = typeof folder === 'string' ? new URL(folder, 'file:///mnt/').pathname : '';
  return path.startsWith('/mnt/') && path.length > 5
    ? undefined
    : 'TrainingArguments.output_dir must be a folder below /mnt';
}

function map(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
