import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LoadReport, loadAdapters } from '../dist/loader/load-adapters.js';
import { LoaderError, type LoaderErrorCode } from '../dist/loader/loader-error.js';
import { readDocument } from '../dist/loader/read-document.js';
import { readTensors } from '../dist/loader/safetensors.js';
import { DOWN, type MadeAdapter, MODEL, QKV, Workbench } from './support/adapters.js';

const around = { env: {}, ask: () => Promise.reject(new Error('no network')), log: () => {} };

describe('the adapter loader', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.make();
  });
  afterEach(() => bench.close());

  const load = async (
    made: Readonly<Record<string, MadeAdapter & { readonly strength?: number }>>,
    more: { readonly combined?: string; readonly maxRank?: number } = {},
  ): Promise<LoadReport> => {
    const adapters = [];
    for (const [name, { strength, ...adapter }] of Object.entries(made)) {
      const folder = await bench.adapter(name, adapter);
      adapters.push({ name, folder, ...(strength === undefined ? {} : { strength }) });
    }
    return loadAdapters(bench.document({ adapters, ...more }), around);
  };
  const config = async (name: string) =>
    JSON.parse(await readFile(bench.path('mnt', name, 'adapter_config.json'), 'utf8'));
  const failure = async (task: Promise<unknown>, code: LoaderErrorCode): Promise<LoaderError> => {
    const error = await task.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (!(error instanceof LoaderError)) throw error ?? new Error(`${code} was expected and nothing failed`);
    expect(error.code, error.message).to.equal(code);
    return error;
  };

  it('leaves each adapter in a folder of its name, with the two files that engines read', async () => {
    const report = await load({ one: {}, two: {} });
    expect((await readdir(bench.path('mnt'))).sort()).to.deep.equal(['one', 'two']);
    expect((await readdir(bench.path('mnt', 'one'))).sort()).to.deep.equal([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    expect(report).to.deep.equal({
      adapters: [
        { name: 'one', by: 'volume', rank: 2 },
        { name: 'two', by: 'volume', rank: 2 },
      ],
    });
  });

  it('finds the files in the data folder of an image that is mounted whole', async () => {
    await bench.adapter('image/data');
    await loadAdapters(
      bench.document({ adapters: [{ name: 'one', folder: bench.path('sources', 'image'), by: 'image volume' }] }),
      around,
    );
    expect(await readdir(bench.path('mnt', 'one'))).to.have.length(2);
  });

  it('writes only keys that peft 0.11.1 knows, and the layers that the adapter really has', async () => {
    await load({ one: { config: { target_modules: 'all-linear', exclude_modules: ['x'], revision: 'abc' } } });
    expect(await config('one')).to.deep.equal({
      base_model_name_or_path: 'microsoft/Phi-3-mini-4k-instruct',
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      lora_alpha: 8,
      lora_dropout: 0,
      peft_type: 'LORA',
      r: 2,
      target_modules: ['down_proj', 'qkv_proj'],
      task_type: 'CAUSAL_LM',
    });
  });

  it('can be run again over what an earlier run left', async () => {
    await load({ one: {} });
    await load({ one: { seed: 5 } });
    const [first] = await readTensors(bench.path('mnt', 'one', 'adapter_model.safetensors'));
    expect(first).to.include({ dtype: 'F32' });
    expect(await readdir(bench.path('mnt'))).to.deep.equal(['one']);
  });

  describe('the strength', () => {
    for (const [title, stabilized, scaling] of [
      ['alpha over rank', false, 8 / 2],
      ['alpha over the root of the rank', true, 8 / Math.SQRT2],
    ] as const) {
      it(`is exact where the engine scales by ${title}`, async () => {
        await load({ half: { strength: 0.5, config: { use_rslora: stabilized } } });
        const { lora_alpha: alpha, r, use_rslora: kept = false } = await config('half');
        expect(kept).to.equal(stabilized);
        expect(alpha / (kept ? Math.sqrt(r) : r)).to.equal(scaling / 2);
      });
    }

    it('of 0 takes all effect away, and of 1 changes nothing', async () => {
      await load({ off: { strength: 0 }, on: { strength: 1 }, plain: {} });
      expect((await config('off')).lora_alpha).to.equal(0);
      expect((await config('on')).lora_alpha).to.equal(8);
      expect((await config('plain')).lora_alpha).to.equal(8);
    });
  });

  describe('several adapters as one', () => {
    it('have exactly the sum of their effects, each by its strength', async () => {
      await load(
        {
          one: { strength: 0.5, rank: 2 },
          two: { strength: 0.25, rank: 3, seed: -2, config: { use_rslora: true } },
        },
        { combined: 'combined_adapter' },
      );
      const { r, lora_alpha: alpha } = await config('combined_adapter');
      expect(r).to.equal(5);
      for (const layer of [QKV, DOWN]) {
        const together = await bench.change('combined_adapter', layer, alpha / r);
        // The strengths are in the alphas of the two already.
        const one = await bench.change('one', layer, 4 / 2);
        const two = await bench.change('two', layer, 2 / Math.sqrt(3));
        const sum = one.map((row, i) => row.map((value, j) => value + two[i]![j]!));
        const flat = (rows: readonly (readonly number[])[]) => rows.flat();
        for (const [i, value] of flat(together).entries()) expect(value).to.be.closeTo(flat(sum)[i]!, 1e-4);
      }
    });

    it('have zeros where one of them leaves a layer alone', async () => {
      await load({ one: { layers: { [QKV]: [4, 8] } }, two: { layers: { [DOWN]: [6, 4] } } }, { combined: 'both' });
      expect(await bench.change('both', DOWN, 1)).to.deep.equal(await bench.change('two', DOWN, 4));
      expect(await bench.change('both', QKV, 1)).to.deep.equal(await bench.change('one', QKV, 4));
    });

    it('make the same bytes each time', async () => {
      const bytes = () => readFile(bench.path('mnt', 'both', 'adapter_model.safetensors'));
      await load({ one: {}, two: { rank: 1 } }, { combined: 'both' });
      const first = await bytes();
      await load({ one: {}, two: { rank: 1 } }, { combined: 'both' });
      expect((await bytes()).equals(first)).to.equal(true);
    });

    it('are refused where their ranks together are wider than the engine was started for', async () => {
      const error = await failure(
        load({ one: { rank: 2 }, two: { rank: 3 } }, { combined: 'both', maxRank: 4 }),
        'ADAPTER_UNSUPPORTED',
      );
      expect(error.message).to.match(/2 adapters together have rank 5.*started for 4.*kaito\.sh\/max-lora-rank to 5/);
    });
  });

  describe('refuses before anything is served', () => {
    const cases: readonly (readonly [title: string, made: MadeAdapter, code: LoaderErrorCode, says: RegExp])[] = [
      ['DoRA', { config: { use_dora: true } }, 'ADAPTER_UNSUPPORTED', /use_dora is true/],
      ['PiSSA', { config: { init_lora_weights: 'pissa_niter_4' } }, 'ADAPTER_UNSUPPORTED', /pissa_niter_4.*base model/],
      ['OLoRA', { config: { init_lora_weights: 'olora' } }, 'ADAPTER_UNSUPPORTED', /olora/],
      ['LoftQ', { config: { init_lora_weights: 'loftq' } }, 'ADAPTER_UNSUPPORTED', /loftq/],
      ['biases of LoRA', { config: { lora_bias: true } }, 'ADAPTER_UNSUPPORTED', /lora_bias/],
      ['trained biases', { config: { bias: 'all' } }, 'ADAPTER_UNSUPPORTED', /bias is "all"/],
      ['replicated layers', { config: { layer_replication: [[0, 2]] } }, 'ADAPTER_UNSUPPORTED', /layer_replication/],
      ['other modules trained along', { config: { modules_to_save: ['lm_head'] } }, 'ADAPTER_UNSUPPORTED', /lm_head/],
      [
        'a rank of its own for some layer',
        { config: { rank_pattern: { qkv_proj: 4 } } },
        'ADAPTER_UNSUPPORTED',
        /rank_pattern/,
      ],
      ['a key that nobody knows', { config: { use_wonder: true } }, 'ADAPTER_UNSUPPORTED', /use_wonder is not known/],
      ['another kind of adapter', { config: { peft_type: 'IA3' } }, 'ADAPTER_UNSUPPORTED', /"IA3"/],
      [
        'a tensor that is no matrix of LoRA',
        { extra: [`base_model.model.${QKV}.lora_magnitude_vector`] },
        'ADAPTER_UNSUPPORTED',
        /lora_magnitude_vector/,
      ],
      [
        'half of a pair',
        { extra: ['base_model.model.model.layers.1.mlp.gate_up_proj.lora_A.weight'] },
        'ADAPTER_INVALID',
        /only one of its two/,
      ],
      [
        'a rank that is not that of the matrices',
        { config: { r: 3 } },
        'ADAPTER_INVALID',
        /have rank 2 and 2, and r is 3/,
      ],
      [
        'the name of another model',
        { config: { base_model_name_or_path: 'microsoft/phi-4' } },
        'BASE_MODEL_MISMATCH',
        /made for microsoft\/phi-4, and the model is microsoft\/Phi-3-mini-4k-instruct/,
      ],
      [
        'the sizes of another model',
        { layers: { [QKV]: [4, 12] } },
        'BASE_MODEL_MISMATCH',
        /qkv_proj goes from 4 to 12 numbers, and the model's from 4 to 8/,
      ],
      [
        'a layer too many',
        { layers: { 'model.layers.7.mlp.down_proj': [6, 4] } },
        'BASE_MODEL_MISMATCH',
        /layer 7, and the model has 2/,
      ],
      [
        'a rank that the engine was not started for',
        { rank: 9 },
        'ADAPTER_UNSUPPORTED',
        /its rank is 9.*kaito\.sh\/max-lora-rank/,
      ],
    ];
    for (const [title, made, code, says] of cases) {
      it(title, async () => {
        const error = await failure(load({ mine: made }, { maxRank: 8 }), code);
        expect(error.message).to.match(says);
        expect(error.adapter).to.equal('mine');
        expect(await readdir(bench.path('mnt'))).to.deep.equal([]);
      });
    }

    it('weights in a pickle, since reading one runs code', async () => {
      const folder = await bench.adapter('mine');
      await rm(join(folder, 'adapter_model.safetensors'));
      await writeFile(join(folder, 'adapter_model.bin'), 'x');
      const document = bench.document({ adapters: [{ name: 'mine', folder }] });
      expect((await failure(loadAdapters(document, around), 'ADAPTER_INVALID')).message).to.match(/adapter_model\.bin/);
    });

    it('an empty folder, and a file that is cut', async () => {
      await mkdir(bench.path('empty'));
      const empty = bench.document({ adapters: [{ name: 'mine', folder: bench.path('empty') }] });
      expect((await failure(loadAdapters(empty, around), 'ADAPTER_INVALID')).message).to.match(
        /no adapter_config\.json.*\/data/,
      );
      const folder = await bench.adapter('cut');
      const file = join(folder, 'adapter_model.safetensors');
      await writeFile(file, (await readFile(file)).subarray(0, -8));
      const cut = bench.document({ adapters: [{ name: 'mine', folder }] });
      expect((await failure(loadAdapters(cut, around), 'ADAPTER_INVALID')).message).to.match(/the file is cut/);
    });
  });

  it('takes an adapter of the same model under another name, when the Workspace says so', async () => {
    const folder = await bench.adapter('mine', { config: { base_model_name_or_path: 'someone/Phi-3-Copy' } });
    const model = { ...MODEL, names: [...MODEL.names, 'someone/phi-3-copy'] };
    await loadAdapters(bench.document({ model, adapters: [{ name: 'mine', folder }] }), around);
    expect(await config('mine')).to.include({ base_model_name_or_path: 'microsoft/Phi-3-mini-4k-instruct' });
  });

  it('takes an adapter that names a folder of the machine that trained it: its sizes are what can be checked', async () => {
    await load({ mine: { config: { base_model_name_or_path: '/workspace/tfs/weights' } } });
    expect(await config('mine')).to.have.property('r', 2);
  });
});

describe("the adapter loader's document", () => {
  const document = { into: '/mnt/adapter', model: MODEL, adapters: [{ name: 'one', strength: 0.5, image: 'x/y:1' }] };
  const read = (more: object) => readDocument(JSON.stringify({ ...document, ...more }));

  it('is read as it was written', () => expect(read({})).to.deep.equal(document));

  for (const [title, more, says] of [
    ['a key that this version does not know', { hurry: true }, /"hurry", which this version does not know/],
    ['a folder that is not absolute', { into: 'mnt' }, /into is no absolute path/],
    ['a name that leads out of the folder', { adapters: [{ name: '../x' }] }, /no name that can be a folder/],
    ['a strength above 1', { adapters: [{ name: 'x', strength: 2 }] }, /strength of x is not 0 to 1/],
    ['a model without its sizes', { model: { names: [] } }, /model\.layers is no number/],
  ] as const) {
    it(`is refused with ${title}`, () => {
      expect(() => read(more))
        .to.throw(LoaderError, says)
        .with.property('code', 'DOCUMENT_INVALID');
    });
  }
});
