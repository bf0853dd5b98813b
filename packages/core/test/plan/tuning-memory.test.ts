import {
  adapterMemory,
  adapterParameters,
  fitMemory,
  formatGib,
  gib,
  type ModelArchitecture,
  memoryAt,
  type TuningSetup,
  tuningMemory,
} from '@kaito-sdk/core';
import { expect } from 'chai';
import { aPreset } from './fixtures.js';

/** Dimensions of the 3.8 billion and the 14.7 billion parameter model of the quick start and of its successor. */
const MINI: ModelArchitecture = {
  architecture: 'x',
  parameters: 3_821_079_552,
  layers: 32,
  hiddenSize: 3072,
  intermediateSize: 8192,
  attentionHeads: 32,
  kvHeads: 32,
  headDim: 96,
  vocabSize: 32_064,
  contextLength: 4096,
  dtype: 'bfloat16',
};
const LARGE: ModelArchitecture = {
  ...MINI,
  parameters: 14_659_507_200,
  layers: 40,
  hiddenSize: 5120,
  intermediateSize: 17_920,
  attentionHeads: 40,
  kvHeads: 10,
  headDim: 128,
  vocabSize: 100_352,
};

const QLORA: TuningSetup = { method: 'qlora', dtype: 'float16' };
const LORA: TuningSetup = { method: 'lora', dtype: 'bfloat16' };

describe('the memory of tuning', () => {
  const rows: readonly (readonly [what: string, ModelArchitecture, TuningSetup, tokens: number, gib: string])[] = [
    ['QLoRA of a 3.8B model', MINI, QLORA, 512, '4.02 GiB'],
    ['QLoRA of a 3.8B model', MINI, QLORA, 2048, '5.52 GiB'],
    ['QLoRA of a 3.8B model, rank 64', MINI, { ...QLORA, rank: 64 }, 2048, '7.08 GiB'],
    ['QLoRA of a 3.8B model, four at a time', MINI, { ...QLORA, batch: 4 }, 2048, '11.51 GiB'],
    ['QLoRA of a 3.8B model, nothing computed again', MINI, { ...QLORA, checkpointing: false }, 2048, '10.82 GiB'],
    ['LoRA of a 3.8B model', MINI, LORA, 2048, '9.46 GiB'],
    ['QLoRA of a 14.7B model', LARGE, QLORA, 2048, '17.87 GiB'],
    ['LoRA of a 14.7B model', LARGE, LORA, 2048, '32.54 GiB'],
  ];
  for (const [what, model, setup, tokens, expected] of rows) {
    it(`${what} comes to ${expected} at ${tokens} tokens`, () => {
      expect(formatGib(memoryAt(tuningMemory(model, setup), tokens))).to.equal(expected);
    });
  }

  it('puts QLoRA of the 3.8B model at 2,048 tokens into 16 GiB, and LoRA of the 14.7B one into 80 but not 24', () => {
    const fits = (model: ModelArchitecture, setup: TuningSetup, gpu: number) =>
      fitMemory(tuningMemory(model, setup), gib(gpu)).tokens;
    expect(fits(MINI, QLORA, 16)).to.be.above(2048);
    expect(fits(LARGE, LORA, 24)).to.equal(0);
    expect(fits(LARGE, LORA, 80)).to.be.above(2048);
  });

  it('grows with rank, batch, eager attention and with the base in 16 bit', () => {
    const at = (setup: TuningSetup) => memoryAt(tuningMemory(MINI, setup), 1024);
    expect(at({ ...QLORA, rank: 32 })).to.be.above(at(QLORA));
    expect(at({ ...QLORA, batch: 2 })).to.be.above(at(QLORA));
    expect(at({ ...QLORA, eagerAttention: true })).to.be.above(at(QLORA));
    expect(at({ ...LORA, dtype: 'float16' })).to.be.above(at(QLORA));
  });

  it('counts embedding, head and what lies between the layers in float32 under a base in 4 bit, as PEFT widens them', () => {
    const part = (setup: TuningSetup, name: string) => tuningMemory(MINI, setup).fixed.find((one) => one.name === name);
    const matrix = MINI.vocabSize * MINI.hiddenSize;
    expect(part(QLORA, 'embeddings')?.bytes).to.equal(2 * matrix * 4);
    expect(part(QLORA, 'head in the computed type')?.bytes).to.equal(matrix * 2);
    const kept = (method: 'lora' | 'qlora') => tuningMemory(MINI, { method, dtype: 'float16' }).perToken[0]?.bytes ?? 0;
    expect(kept('qlora') - kept('lora')).to.equal(MINI.layers * MINI.hiddenSize * 2);
  });

  it('keeps the gradients of the adapter once more where several processes exchange them', () => {
    const adapter = (processes?: number) =>
      tuningMemory(MINI, { ...QLORA, ...(processes === undefined ? {} : { processes }) }).fixed.find(({ name }) =>
        name.startsWith('adapter'),
      )?.bytes ?? 0;
    const trained = adapterParameters(MINI, 8);
    expect([adapter(), adapter(1), adapter(4)]).to.deep.equal([16 * trained, 16 * trained, 20 * trained]);
  });

  it('gives every part its source', () => {
    const demand = tuningMemory(MINI, { ...QLORA, eagerAttention: true });
    for (const part of [...demand.fixed, ...demand.perToken, ...demand.perTokenSquared]) {
      expect(part.bytes, part.name).to.be.above(0);
      expect(part.source, part.name).not.to.equal('');
    }
  });
});

describe('the memory of adapters', () => {
  it('has two matrices of the rank beside every linear layer', () => {
    const { model } = aPreset();
    // 10 layers; q, k, v and o are 1000 x 1000, the three of the feed-forward 1000 x 4000.
    expect(adapterParameters(model, 1)).to.equal(10 * (4 * 2000 + 3 * 5000));
    expect(adapterParameters(model, 8)).to.equal(8 * adapterParameters(model, 1));
  });

  it('leaves experts out', () => {
    const { model } = aPreset();
    expect(adapterParameters({ ...model, experts: { count: 4, perToken: 2 } }, 1)).to.equal(10 * 4 * 2000);
  });

  it('is one slot an adapter', () => {
    const { model } = aPreset();
    const one = adapterMemory(model, { rank: 16, count: 1 });
    expect(one.bytes).to.equal(2 * adapterParameters(model, 16));
    expect(adapterMemory(model, { rank: 16, count: 3 }).bytes).to.equal(3 * one.bytes);
  });
});
