import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adapterToGguf,
  ConversionError,
  ggufToFolder,
  HuggingFaceFolder,
  modelToGguf,
} from '@kaito-sdk/inference-server';
import { expect } from 'chai';
import { readGgufFileInfo } from 'node-llama-cpp';
import { writeGguf } from '../../dist/convert/gguf.js';
import { readSafetensors } from '../../dist/convert/safetensors.js';
import {
  adapterConfig,
  adapterWeights,
  folderWith,
  modelFiles,
  phi3Config,
  phi3Weights,
  safetensors,
  tokenizer,
} from '../support/hugging-face.js';

const folders: string[] = [];

function folder(files: Readonly<Record<string, unknown>>): HuggingFaceFolder {
  const path = folderWith(files);
  folders.push(path);
  return new HuggingFaceFolder(path);
}

/** What another program reads in the bytes. */
async function inspected(bytes: Uint8Array) {
  const path = join(folderWith({}), 'out.gguf');
  folders.push(join(path, '..'));
  writeFileSync(path, bytes);
  return readGgufFileInfo(path);
}

const convert = (files: Readonly<Record<string, unknown>>, name = 'made-up') => modelToGguf(folder(files), { name });

after(() => {
  for (const path of folders) rmSync(path, { recursive: true });
});

describe('a Hugging Face folder as GGUF', () => {
  it('has the metadata that llama.cpp asks for', async () => {
    const bytes = modelToGguf(folder(modelFiles()), { name: 'made-up', description: 'a test', license: 'apache-2.0' });
    const { metadata, version } = await inspected(bytes);
    expect(version).to.equal(3);
    expect(metadata.general).to.deep.include({
      architecture: 'phi3',
      type: 'model',
      name: 'made-up',
      description: 'a test',
      license: 'apache-2.0',
      file_type: 1,
    });
    expect((metadata as unknown as Record<string, unknown>).phi3).to.deep.equal({
      context_length: 32,
      rope: { scaling: { original_context_length: 32 }, dimension_count: 4, freq_base: 10000 },
      embedding_length: 8,
      feed_forward_length: 12,
      block_count: 1,
      attention: { head_count: 2, head_count_kv: 2, layer_norm_rms_epsilon: Math.fround(1e-5), sliding_window: 0 },
    });
    const { ggml, chat_template } = metadata.tokenizer as unknown as Record<string, Record<string, unknown>>;
    expect(chat_template).to.equal('{{ messages }}');
    expect(ggml).to.deep.include({
      model: 'gpt2',
      pre: 'gpt-2',
      bos_token_id: 0,
      eos_token_id: 0,
      eot_token_id: 1,
      padding_token_id: 0,
      add_bos_token: false,
      merges: ['a b'],
      tokens: ['<|endoftext|>', '<|end|>', ...'abcdefghijk', 'ab', '[PAD14]', '[PAD15]'],
      token_type: [3, 3, ...Array(12).fill(1), 5, 5],
    });
  });

  it('has the tensors under their GGUF names, innermost dimension first, vectors in single precision', async () => {
    const { tensorInfo } = await inspected(convert(modelFiles()));
    const found = tensorInfo?.map(
      ({ name, dimensions, ggmlType }) => `${name} ${dimensions.join('x')} ${ggmlType === 0 ? 'F32' : 'F16'}`,
    );
    expect(found).to.have.members([
      'token_embd.weight 8x16 F16',
      'output_norm.weight 8 F32',
      'output.weight 8x16 F16',
      'blk.0.attn_norm.weight 8 F32',
      'blk.0.ffn_norm.weight 8 F32',
      'blk.0.attn_qkv.weight 8x24 F16',
      'blk.0.attn_output.weight 8x8 F16',
      'blk.0.ffn_up.weight 8x24 F16',
      'blk.0.ffn_down.weight 12x8 F16',
    ]);
  });

  it('starts each tensor at a multiple of 32 bytes', async () => {
    const { tensorInfo } = await inspected(convert(modelFiles()));
    for (const { name, offset } of tensorInfo ?? []) expect(Number(offset) % 32, name).to.equal(0);
  });

  it('is the same, byte for byte, for the same folder', () => {
    expect(Buffer.from(convert(modelFiles())).equals(convert(modelFiles()))).to.equal(true);
  });

  it('reads shards as one model', async () => {
    const { 'lm_head.weight': head, ...rest } = phi3Weights();
    const { 'model.safetensors': _, ...files } = modelFiles();
    const bytes = convert({
      ...files,
      'model-00001-of-00002.safetensors': safetensors(rest),
      'model-00002-of-00002.safetensors': safetensors({ 'lm_head.weight': head! }),
    });
    expect((await inspected(bytes)).tensorInfo).to.have.length(9);
  });

  it('leaves out the output layer of a model that has it tied to the embedding', async () => {
    const { 'lm_head.weight': _, ...tied } = phi3Weights();
    const files = modelFiles({
      'config.json': phi3Config({ tie_word_embeddings: true }),
      'model.safetensors': safetensors(tied),
    });
    expect((await inspected(convert(files))).tensorInfo?.map(({ name }) => name)).not.to.include('output.weight');
  });

  it('takes merges in the older form, and weights in half precision', async () => {
    const halves = Object.fromEntries(
      Object.entries(phi3Weights()).map(([name, { shape }]) => [name, { shape, dtype: 'BF16' }]),
    );
    const older = { ...tokenizer().model, merges: ['a b'] };
    const files = modelFiles({
      'tokenizer.json': tokenizer({ model: older }),
      'model.safetensors': safetensors(halves),
    });
    expect(convert(files).length).to.equal(convert(modelFiles()).length);
  });

  const refusals: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    [
      'another architecture',
      { 'config.json': phi3Config({ architectures: ['LlamaForCausalLM'] }) },
      /LlamaForCausalLM is not known/,
    ],
    [
      'long-context rope',
      { 'config.json': phi3Config({ rope_parameters: { rope_type: 'longrope' } }) },
      /longrope is not supported/,
    ],
    [
      'older long-context rope',
      { 'config.json': phi3Config({ rope_scaling: { type: 'su' } }) },
      /rope .* is not supported/,
    ],
    ['a sliding window', { 'config.json': phi3Config({ sliding_window: 2047 }) }, /sliding_window/],
    ['another activation', { 'config.json': phi3Config({ hidden_act: 'gelu' }) }, /hidden_act gelu/],
    ['a missing number', { 'config.json': phi3Config({ hidden_size: undefined }) }, /hidden_size must be a number/],
    ['a file that is no JSON', { 'config.json': '{' }, /config\.json is not JSON/],
    [
      'another kind of tokenizer',
      { 'tokenizer.json': tokenizer({ model: { type: 'Unigram' } }) },
      /Unigram is not known/,
    ],
    [
      'another pre-tokenizer',
      { 'tokenizer.json': tokenizer({ pre_tokenizer: { type: 'Metaspace' } }) },
      /must be ByteLevel/,
    ],
    [
      'a prefix space',
      { 'tokenizer.json': tokenizer({ pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }) },
      /prefix space/,
    ],
    ['a normalizer', { 'tokenizer.json': tokenizer({ normalizer: { type: 'NFC' } }) }, /normalizer/],
    ['a token outside the vocabulary', { 'config.json': phi3Config({ vocab_size: 4 }) }, /outside the vocabulary of 4/],
    [
      'a tensor too many',
      { 'model.safetensors': safetensors({ ...phi3Weights(), 'model.extra': { shape: [1] } }) },
      /model\.extra has no place/,
    ],
    ['a tensor too few', { 'model.safetensors': safetensors({ 'model.norm.weight': { shape: [8] } }) }, /is missing/],
    [
      'weights of another type',
      { 'model.safetensors': safetensors({ 'model.norm.weight': { shape: [8], dtype: 'I16' } }) },
      /is I16/,
    ],
    [
      'a truncated weight file',
      { 'model.safetensors': safetensors(phi3Weights()).subarray(0, 2000) },
      /does not fit its shape/,
    ],
    ['an empty weight file', { 'model.safetensors': new Uint8Array(3) }, /not a complete safetensors file/],
  ];
  for (const [what, files, message] of refusals) {
    it(`is refused for ${what}`, () => {
      expect(() => convert(modelFiles(files))).to.throw(ConversionError, message);
    });
  }

  it('is refused without weights, and when the folder is missing', () => {
    const { 'model.safetensors': _, ...files } = modelFiles();
    expect(() => convert(files)).to.throw(ConversionError, /no \.safetensors file/);
    expect(() => modelToGguf(new HuggingFaceFolder('/nowhere'), { name: 'x' })).to.throw(
      ConversionError,
      /cannot be read/,
    );
  });

  it('is refused under a name that llama.cpp takes for the published Phi-3', () => {
    for (const name of ['phi3', 'My Phi-3 mini'])
      expect(() => convert(modelFiles(), name)).to.throw(ConversionError, /choose another name/);
  });
});

describe('a PEFT folder as a GGUF adapter', () => {
  const adapter = (config: Readonly<Record<string, unknown>> = {}, layer?: string) =>
    adapterToGguf(
      folder({
        'adapter_config.json': adapterConfig(config),
        'adapter_model.safetensors': safetensors(adapterWeights(layer)),
      }),
      'pirate',
    );

  it('says that it is one, with its strength and its matrices', async () => {
    const { metadata, tensorInfo } = await inspected(adapter());
    expect(metadata.general).to.deep.include({ architecture: 'phi3', type: 'adapter', name: 'pirate' });
    expect((metadata as unknown as Record<string, unknown>).adapter).to.deep.equal({
      type: 'lora',
      lora: { alpha: 8 },
    });
    expect(tensorInfo?.map(({ name, dimensions }) => `${name} ${dimensions.join('x')}`)).to.deep.equal([
      'blk.0.attn_qkv.weight.lora_a 8x4',
      'blk.0.attn_qkv.weight.lora_b 4x24',
    ]);
  });

  it('has a larger alpha for rank-stabilised LoRA, which scales by the root of the rank', async () => {
    const { metadata } = await inspected(adapter({ use_rslora: true }));
    expect((metadata as unknown as Record<string, unknown>).adapter).to.deep.equal({
      type: 'lora',
      lora: { alpha: 16 },
    });
  });

  it('takes settings that ask for nothing', () => {
    expect(
      adapter({ use_dora: false, rank_pattern: {}, modules_to_save: null, lora_bias: false }).length,
    ).to.be.greaterThan(0);
  });

  const refusals: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['another method', { peft_type: 'IA3' }, /IA3/],
    ['DoRA', { use_dora: true }, /use_dora/],
    ['ranks by layer', { rank_pattern: { qkv_proj: 2 } }, /rank_pattern/],
    ['whole layers saved along', { modules_to_save: ['lm_head'] }, /modules_to_save/],
    ['trained biases', { bias: 'all' }, /bias all/],
  ];
  for (const [what, config, message] of refusals) {
    it(`is refused for ${what}`, () => {
      expect(() => adapter(config)).to.throw(ConversionError, message);
    });
  }

  it('is refused for a layer that Phi-3 does not have, such as the unfused ones', () => {
    expect(() => adapter({}, 'self_attn.q_proj')).to.throw(ConversionError, /q_proj.* is no linear layer of Phi-3/);
  });
});

describe('a safetensors file', () => {
  it('is read with its shapes and values', () => {
    const tensor = readSafetensors(safetensors({ w: { shape: [2, 2] } }), 'w.safetensors').get('w');
    expect(tensor).to.deep.equal({ name: 'w', shape: [2, 2], values: Float32Array.of(0, 1, 2, 3) });
  });
});

describe('a GGUF file as a Hugging Face folder', () => {
  const back = async (bytes: Uint8Array) => {
    const file = join(folderWith({}), 'in.gguf');
    folders.push(join(file, '..'));
    writeFileSync(file, bytes);
    const path = folderWith({});
    folders.push(path);
    await ggufToFolder(file, path);
    return new HuggingFaceFolder(path);
  };

  it('becomes the same file again', async () => {
    const bytes = convert(modelFiles());
    expect(Buffer.from(modelToGguf(await back(bytes), { name: 'made-up' })).equals(bytes)).to.equal(true);
  });

  it('stays without an output layer where that is tied to the embedding', async () => {
    const { 'lm_head.weight': _, ...tied } = phi3Weights();
    const files = modelFiles({
      'config.json': phi3Config({ tie_word_embeddings: true }),
      'model.safetensors': safetensors(tied),
    });
    expect((await back(convert(files))).json('config.json').get('tie_word_embeddings')).to.equal(true);
  });

  it('is refused by name when it is another architecture, tokenizer or precision', async () => {
    const phi3 = { 'general.architecture': { type: 'string', value: 'phi3' } } as const;
    const bpe = {
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 'string', value: 'gpt-2' },
      'phi3.block_count': { type: 'uint32', value: 1 },
    } as const;
    const wrong: readonly (readonly [Uint8Array, RegExp])[] = [
      [
        writeGguf({ 'general.architecture': { type: 'string', value: 'llama' } }, []),
        /architecture llama is not known/,
      ],
      [
        writeGguf({ ...phi3, ...bpe, 'tokenizer.ggml.model': { type: 'string', value: 'llama' } }, []),
        /only byte-level BPE/,
      ],
      [
        writeGguf({ ...phi3, ...bpe }, [
          { name: 'rope_factors', shape: [1], values: Float32Array.of(1), precision: 'F32' },
        ]),
        /rope_factors has no place in a Phi-3 model/,
      ],
    ];
    for (const [bytes, message] of wrong) {
      const error = await back(bytes).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ConversionError);
      expect((error as Error).message).to.match(message);
    }
  });
});
