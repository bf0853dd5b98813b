import { formatGib, gib } from '@kaito-sdk/core';
import { phi3Mini4kInstruct, phi3Mini128kInstruct, phiPresets } from '@kaito-sdk/presets-phi';
import { expect } from 'chai';

describe('the Phi presets', () => {
  for (const preset of phiPresets.models) {
    const { model } = preset;
    describe(preset.name, () => {
      it('has the parameter count that its architecture comes to', () => {
        const { hiddenSize, intermediateSize, layers, vocabSize, attentionHeads, kvHeads, headDim } = model;
        const attention = hiddenSize * (attentionHeads + 2 * kvHeads) * headDim + attentionHeads * headDim * hiddenSize;
        const feedForward = 3 * hiddenSize * intermediateSize;
        const norms = 2 * hiddenSize;
        const ends = 2 * vocabSize * hiddenSize + hiddenSize;
        expect(model.parameters).to.equal(layers * (attention + feedForward + norms) + ends);
      });

      it('has heads that make up the hidden size', () => {
        expect(model.attentionHeads * model.headDim).to.equal(model.hiddenSize);
        expect(model.attentionHeads % model.kvHeads).to.equal(0);
      });

      it('weighs 7.12 GiB, as in the catalog of KAITO', () => {
        expect(formatGib(gib((2 * model.parameters) / 2 ** 30))).to.equal('7.12 GiB');
      });

      it('needs 393,216 bytes of cache a token', () => {
        expect(2 * 2 * model.layers * model.kvHeads * model.headDim).to.equal(393_216);
      });

      it('asks for the disk of its weights and 80 GiB, rounded down', () => {
        expect(preset.diskBytes).to.equal(gib(Math.floor((2 * model.parameters) / 2 ** 30 + 80)));
      });

      it('pins a commit of a repository that is free to fetch', () => {
        expect(preset.weights.revision).to.match(/^[0-9a-f]{40}$/);
        expect(preset.weights.repository.toLowerCase()).to.equal(`microsoft/${preset.name}`);
        expect(preset.weights.gated).to.equal(false);
      });

      it('names the source of every figure', () => {
        const figures = [
          ...Object.keys(model).map((field) => `model.${field}`),
          'weights.repository',
          'weights.revision',
          'licence',
          'diskBytes',
        ];
        expect(figures.filter((field) => !preset.sources[field])).to.deep.equal([]);
      });

      it('says how the image with its server is called', () => {
        expect(preset.runtimes['preset-image']).to.deep.equal({
          repository: `kaito-${preset.name}`,
          tag: '0.0.2',
          pipeline: 'text-generation',
          trustRemoteCode: true,
        });
      });

      it('is plain JSON', () => expect(JSON.parse(JSON.stringify(preset))).to.deep.equal(preset));
    });
  }

  it('differ in the context they were made for: 4,096 and 131,072 tokens, the latter 48 GiB of cache', () => {
    expect(phi3Mini4kInstruct.model.contextLength).to.equal(4096);
    expect(phi3Mini128kInstruct.model.contextLength).to.equal(131_072);
    expect(phi3Mini128kInstruct.model.contextLength * 393_216).to.equal(gib(48));
  });

  it('mark the one figure that nobody verified', () => {
    const unverified = phiPresets.models.flatMap(({ name, sources }) =>
      Object.entries(sources).flatMap(([field, source]) => (/unverified/i.test(source) ? [`${name} ${field}`] : [])),
    );
    expect(unverified).to.deep.equal(['phi-3-mini-128k-instruct model.slidingWindow']);
  });

  it('have names of their own', () => {
    const names = phiPresets.models.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
  });
});
