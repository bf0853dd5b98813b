import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Auth, dockerConfigAuth, OciError, parseReference } from '@kaito-sdk/oci';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readAdapterConfig } from '../../../../runtime-inference/dist/loader/adapter-config.js';
import { LoaderError } from '../../../../runtime-inference/dist/loader/loader-error.js';
import { checkBaseName, checkSizes, pairUp } from '../../../../runtime-inference/dist/loader/matrices.js';
import { readDocument } from '../../../../runtime-inference/dist/loader/read-document.js';
import { readTensors } from '../../../../runtime-inference/dist/loader/safetensors.js';
import { checkData } from '../../../../runtime-tuning/dist/programs/check/check-data.js';
import { readSettings } from '../../../../runtime-tuning/dist/programs/check/settings.js';
import { Failure } from '../../../../runtime-tuning/dist/programs/failure.js';
import { fileNames } from '../../../../runtime-tuning/dist/programs/fetch/file-names.js';
import { deepText, hostileJson, hostileText, type Json, MARKER } from '../hostile-values.js';
import { mutated } from '../mutation.js';
import { quiet, refusing, type Target } from '../target.js';

let folder = '';
const start = async () => {
  folder = mkdtempSync(join(tmpdir(), 'kaito-fuzz-'));
};
const stop = async () => rmSync(folder, { recursive: true, force: true });
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** JSON, JSON with a wound in its text, and what is none. */
const texts = (json: fc.Arbitrary<Json>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: json.map((value) => JSON.stringify(value)) },
    {
      weight: 2,
      arbitrary: fc.tuple(json, fc.nat(), hostileText).map(([value, at, text]) => {
        const whole = JSON.stringify(value);
        const cut = at % (whole.length + 1);
        return whole.slice(0, cut) + text + whole.slice(cut + 1);
      }),
    },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: deepText },
  );

const entry = {
  auth: Buffer.from(`user:${MARKER}`).toString('base64'),
  username: 'user',
  password: MARKER,
  identitytoken: MARKER,
};
const DOCKER: readonly object[] = [
  {
    auths: {
      'registry.example': entry,
      'https://index.docker.io/v1/': { auth: entry.auth },
      '*.azurecr.io': { username: 'user', password: MARKER },
    },
  },
  { auths: { 'r.io:5000/team': { registrytoken: MARKER } }, credHelpers: { 'x.io': 'helper' }, credsStore: 'store' },
  { 'registry.example': { auth: entry.auth } },
];

/** Secrets of type kubernetes.io/dockerconfigjson and dockercfg. */
const secrets: Target<{ readonly text: string; readonly registry: string; readonly repository: string }> = {
  name: 'docker configurations',
  runs: 600,
  input: fc.record({
    text: texts(fc.oneof({ weight: 4, arbitrary: mutated(...DOCKER) }, hostileJson)),
    registry: fc.oneof(
      fc.constantFrom('registry.example', 'docker.io', 'r.io:5000', 'a.azurecr.io', 'x.io'),
      hostileText,
    ),
    repository: fc.oneof(fc.constantFrom('team/a', 'library/x'), hostileText),
  }),
  async run({ text, registry, repository }) {
    const own = (error: unknown) => OciError.is(error);
    const auth = await refusing<Auth>(() => dockerConfigAuth(text), own);
    if (typeof auth === 'function') await refusing(() => auth(registry, repository), own);
  },
};

const references: Target<string> = {
  name: 'image references and addresses',
  input: fc.oneof(
    hostileText,
    fc.tuple(hostileText, hostileText).map(([host, path]) => `${host}/${path}`),
    fc.tuple(hostileText, hostileText).map(([host, path]) => `https://${host}/${path}`),
  ),
  async run(text) {
    await refusing(
      () => parseReference(text),
      (error) => OciError.is(error),
    );
    if (!URL.canParse(text)) return;
    const [name = ''] = fileNames([text]);
    if (name === '' || /[^\w.-]/.test(name) || name.startsWith('.'))
      throw new Error(`a file would be called ${JSON.stringify(name)}`);
  },
};

const TRAINING = {
  training_config: {
    ModelConfig: { torch_dtype: 'bfloat16', chat_template: '{{ x }}' },
    QuantizationConfig: { load_in_4bit: true },
    LoraConfig: { r: 8 },
    TrainingArguments: { output_dir: '/mnt/results', num_train_epochs: 1 },
    DatasetConfig: { dataset_extension: 'jsonl', context_column: 'a', response_column: 'b' },
  },
};
const BOMBS = [
  `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join('\n')}`,
  'training_config: &a\n  ModelConfig: *a\n',
  'training_config: { <<: [ {ModelConfig: {}} ] }',
  '!!js/function "function(){}"',
  'training_config: !!binary aGVsbG8=',
  `training_config: ${'['.repeat(5000)}${']'.repeat(5000)}`,
];

/** The ConfigMap of a tuning, as the check before the training reads it. */
const training: Target<{ readonly text: string; readonly method: 'lora' | 'qlora' }> = {
  name: 'training_config.yaml',
  runs: 60,
  start,
  stop,
  input: fc.record({
    text: fc.oneof(
      { weight: 6, arbitrary: mutated(TRAINING).map((value) => stringify(value)) },
      { weight: 2, arbitrary: hostileJson.map((value) => stringify({ training_config: value })) },
      { weight: 1, arbitrary: hostileText },
      { weight: 1, arbitrary: fc.constantFrom(...BOMBS) },
    ),
    method: fc.constantFrom('lora', 'qlora'),
  }),
  async run({ text, method }) {
    const path = file('training_config.yaml', text);
    const settings = await refusing(
      () => readSettings(path, method, 'settings'),
      (error) => error instanceof Failure,
    );
    quiet(settings, 'the settings');
  },
};

const ROWS: readonly object[] = [
  {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  },
  { prompt: 'a', completion: 'b' },
  { instruction: 'a', context: 'c', response: 'b' },
];

/** Training data, as the check before the training reads it. */
const data: Target<{ readonly ending: string; readonly text: string; readonly settings: Json }> = {
  name: 'training data',
  start,
  stop,
  input: fc.record({
    ending: fc.constantFrom('json', 'jsonl', 'csv', 'parquet', 'arrow'),
    text: fc.oneof(
      fc
        .array(fc.oneof({ weight: 4, arbitrary: mutated(...ROWS) }, hostileJson), { maxLength: 4 })
        .chain((rows) => fc.constantFrom(JSON.stringify(rows), rows.map((row) => JSON.stringify(row)).join('\n'))),
      texts(hostileJson),
      hostileText.map((text) => `PAR1${text}PAR1`),
      hostileText.map((text) => `ARROW1${text}`),
    ),
    settings: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      mutated({ context_column: 'prompt', response_column: 'completion', messages_column: 'messages' }),
    ),
  }),
  async run({ ending, text, settings }) {
    const inner = mkdtempSync(join(folder, 'data-'));
    writeFileSync(join(inner, `a.${ending}`), text);
    const valid =
      typeof settings === 'object' &&
      settings !== null &&
      Object.values(settings).every((one) => typeof one === 'string');
    const checked = await refusing(
      () => checkData(inner, valid ? (settings as object) : {}),
      (error) => error instanceof Failure,
    );
    quiet(checked, 'the check');
    rmSync(inner, { recursive: true });
  },
};

const CONFIG = {
  peft_type: 'LORA',
  r: 8,
  lora_alpha: 16,
  target_modules: ['qkv_proj'],
  bias: 'none',
  use_dora: false,
  base_model_name_or_path: 'a/b',
  init_lora_weights: true,
};
const MODEL = {
  names: ['a', 'a/b'],
  layers: 2,
  hiddenSize: 4,
  intermediateSize: 6,
  attentionHeads: 2,
  kvHeads: 1,
  headDim: 2,
};
const TENSORS = {
  __metadata__: { format: 'pt' },
  'base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight': {
    dtype: 'F32',
    shape: [8, 4],
    data_offsets: [0, 128],
  },
  'base_model.model.model.layers.0.self_attn.qkv_proj.lora_B.weight': {
    dtype: 'F32',
    shape: [8, 8],
    data_offsets: [128, 384],
  },
};
const isLoaders = (error: unknown) => error instanceof LoaderError;

/** The files of an adapter, as the loader reads them. */
const adapters: Target<{ readonly config: string; readonly header: string; readonly length: number | null }> = {
  name: 'adapters',
  runs: 400,
  start,
  stop,
  input: fc.record({
    config: texts(mutated(CONFIG)),
    header: texts(mutated(TENSORS)),
    length: fc.option(fc.oneof(fc.nat(), fc.constantFrom(-1, 0, 1, 7, 2 ** 26, 2 ** 31, 2 ** 32)), { freq: 8 }),
  }),
  async run({ config, header, length }) {
    const read = await refusing(() => readAdapterConfig(config), isLoaders);
    if (read) await refusing(() => checkBaseName(read.baseModel, MODEL), isLoaders);
    const json = Buffer.from(header);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt.asUintN(64, BigInt(length ?? json.length)));
    const path = file('adapter_model.safetensors', Buffer.concat([size, json, Buffer.alloc(384)]));
    const tensors = await refusing(() => readTensors(path), isLoaders);
    if (!tensors) return;
    const pairs = await refusing(() => pairUp(tensors, read?.rank ?? 8), isLoaders);
    if (pairs) await refusing(() => checkSizes(pairs, MODEL), isLoaders);
  },
};

const DOCUMENT = {
  into: '/mnt/adapter',
  model: MODEL,
  maxRank: 64,
  combined: 'all',
  adapters: [
    { name: 'one', strength: 0.5, image: 'a/b', secrets: [{ name: 's', folder: '/x' }] },
    { name: 'two', folder: '/y', by: 'volume' },
  ],
};
const documents: Target<string> = {
  name: "the loader's document",
  input: texts(mutated(DOCUMENT)),
  async run(text) {
    const read = await refusing(() => readDocument(text), isLoaders);
    for (const { name } of read?.adapters ?? []) {
      if (name.includes('/') || name.startsWith('.')) throw new Error(`an adapter would be put into ${name}`);
    }
  },
};

export const files: readonly Target<never>[] = [secrets, references, training, data, adapters, documents] as never;
