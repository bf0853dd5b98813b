import { cacheBytesPerToken, formatGib, gib, type ModelPreset, presetPackErrors, weightBytes } from '@kaito-sdk/core';
import { phi3Mini128kInstruct, phiPresets } from '@kaito-sdk/presets-phi';
import { expect } from 'chai';

/** What KAITO v0.12.0's catalog says (weights, disk, cache a token, context), and for those that it does not list our own figures. */
const FIGURES: Readonly<
  Record<string, readonly [weights: string, diskGib: number, cache: number, context: number, listed: boolean]>
> = {
  'phi-2': ['5.18 GiB', 85, 327_680, 2048, false],
  'phi-3-mini-4k-instruct': ['7.12 GiB', 87, 393_216, 4096, true],
  'phi-3-mini-128k-instruct': ['7.12 GiB', 87, 393_216, 131_072, true],
  'phi-3-small-8k-instruct': ['13.77 GiB', 93, 131_072, 8192, false],
  'phi-3-small-128k-instruct': ['13.77 GiB', 93, 131_072, 131_072, false],
  'phi-3-medium-4k-instruct': ['26.00 GiB', 106, 204_800, 4096, true],
  'phi-3-medium-128k-instruct': ['26.00 GiB', 106, 204_800, 131_072, true],
  'phi-3.5-mini-instruct': ['7.12 GiB', 87, 393_216, 131_072, true],
  'phi-3.5-moe-instruct': ['77.99 GiB', 157, 131_072, 131_072, false],
  'phi-4': ['27.31 GiB', 107, 204_800, 16_384, true],
  'phi-4-mini-instruct': ['7.15 GiB', 87, 131_072, 131_072, true],
  'phi-4-reasoning': ['27.31 GiB', 107, 204_800, 32_768, false],
  'phi-4-reasoning-plus': ['27.31 GiB', 107, 204_800, 32_768, false],
  'phi-4-mini-reasoning': ['7.15 GiB', 87, 131_072, 131_072, false],
};

/** Weights of a Phi-3 network by its dimensions: no biases, two norms a layer and one at the end. */
function parametersOf({ model }: ModelPreset): number {
  const { hiddenSize, intermediateSize, layers, vocabSize, attentionHeads, kvHeads, headDim, tiedEmbeddings } = model;
  const attention = hiddenSize * (attentionHeads + 2 * kvHeads) * headDim + attentionHeads * headDim * hiddenSize;
  const ends = (tiedEmbeddings ? 1 : 2) * vocabSize * hiddenSize + hiddenSize;
  return layers * (attention + 3 * hiddenSize * intermediateSize + 2 * hiddenSize) + ends;
}

describe('the Phi presets', () => {
  it('are the whole family, each name once', () => {
    expect(phiPresets.models.map(({ name }) => name)).to.deep.equal(Object.keys(FIGURES));
  });

  it('are a valid pack of the present version', () => {
    expect(phiPresets.apiVersion).to.equal('1');
    expect(presetPackErrors(phiPresets)).to.deep.equal([]);
  });

  it('are plain JSON', () => {
    expect(JSON.parse(JSON.stringify(phiPresets))).to.deep.equal(phiPresets);
  });

  for (const preset of phiPresets.models) {
    const { model } = preset;
    const [weights, disk, cache, context, listed] = FIGURES[preset.name] ?? [];
    describe(preset.name, () => {
      it(`weighs ${weights}, needs ${disk} GiB of disk, ${cache} bytes of cache a token, and takes ${context} tokens`, () => {
        expect(formatGib(weightBytes(model))).to.equal(weights);
        expect(preset.diskBytes).to.equal(gib(disk ?? 0));
        expect(cacheBytesPerToken(model)).to.equal(cache);
        expect(model.contextLength).to.equal(context);
      });

      if (model.architecture === 'Phi3ForCausalLM') {
        it('has the parameter count that its architecture comes to', () => {
          expect(model.parameters).to.equal(parametersOf(preset));
        });
      }

      it('has heads that make up the hidden size', () => {
        expect(model.attentionHeads * model.headDim).to.equal(model.hiddenSize);
      });

      it('comes from a repository of the same name that is free to fetch', () => {
        expect(preset.weights.repository.toLowerCase()).to.equal(`microsoft/${preset.name}`);
        expect(preset.weights.gated).to.equal(false);
        expect(preset.licence.spdx).to.equal('MIT');
      });

      it(listed ? 'pins the commit that KAITO packs' : 'says so where no commit could be pinned', () => {
        if (listed) expect(preset.weights.revision).to.match(/^[0-9a-f]{40}$/);
        else if (!preset.weights.revision)
          expect(preset.sources['weights.revision']).to.equal('no commit could be verified');
      });

      it('names the source of every figure', () => {
        const figures = [
          ...Object.keys(model).map((field) => `model.${field}`),
          ...Object.keys(preset.runtimes).map((runtime) => `runtimes.${runtime}`),
          ...(preset.adapterTargets ? ['adapterTargets'] : []),
          'weights.repository',
          'weights.revision',
          'licence',
          'diskBytes',
        ];
        expect(figures.filter((field) => !preset.sources[field])).to.deep.equal([]);
      });
    });
  }

  it('need 48 GiB of cache for 131,072 tokens where no heads are grouped', () => {
    expect(phi3Mini128kInstruct.model.contextLength * cacheBytesPerToken(phi3Mini128kInstruct.model)).to.equal(gib(48));
  });

  it('have an image with a server where KAITO v0.3.2 had one', () => {
    const withImage = phiPresets.models.filter(({ runtimes }) => 'preset-image' in runtimes);
    expect(withImage.map(({ name, runtimes }) => [name, runtimes['preset-image']])).to.deep.equal(
      [
        'phi-3-mini-4k-instruct',
        'phi-3-mini-128k-instruct',
        'phi-3-medium-4k-instruct',
        'phi-3-medium-128k-instruct',
      ].map((name) => [
        name,
        { repository: `kaito-${name}`, tag: '0.0.2', pipeline: 'text-generation', trustRemoteCode: true },
      ]),
    );
  });

  it('know the images that KAITO published of each, by release, the one that preset-image runs among them', () => {
    const images = Object.fromEntries(phiPresets.models.map(({ name, images = [] }) => [name, images]));
    expect(images['phi-3-mini-4k-instruct']?.map(({ image, release }) => [image, release])).to.deep.equal([
      ['kaito-phi-3-mini-4k-instruct:0.0.1', 'KAITO v0.3.0'],
      ['kaito-phi-3-mini-4k-instruct:0.0.2', 'KAITO v0.3.1 and v0.3.2'],
      ['kaito-phi-3-mini-4k-instruct:0.0.3', 'KAITO v0.4.0'],
      ['kaito-phi-3-mini-4k-instruct:0.1.0', 'KAITO v0.4.5'],
      ['kaito-phi-3-mini-4k-instruct:0.1.1', 'KAITO v0.4.6'],
      ['kaito-phi-3-mini-4k-instruct:0.2.0', 'KAITO v0.5 to v0.12'],
    ]);
    expect(images['phi-4']).to.deep.equal([
      { image: 'kaito-phi-4:0.2.0', release: 'KAITO v0.5 to v0.12', server: 'nothing' },
    ]);
    for (const { name, runtimes } of phiPresets.models) {
      const run = runtimes['preset-image'] as { repository: string; tag: string } | undefined;
      if (run) expect(images[name]?.map(({ image }) => image)).to.include(`${run.repository}:${run.tag}`);
    }
    for (const { name, images = [], sources } of phiPresets.models)
      expect(sources.images !== undefined, name).to.equal(images.length > 0);
  });

  it('mark what nobody verified, and the figures of KAITO’s own list but for two sliding windows and one vocabulary are', () => {
    const unverified = (preset: ModelPreset) =>
      Object.keys(preset.sources).filter((field) => /unverified/i.test(preset.sources[field] ?? ''));
    const listed = phiPresets.models.filter(({ name }) => FIGURES[name]?.[4]);
    expect(listed.flatMap((preset) => unverified(preset).map((field) => `${preset.name} ${field}`))).to.deep.equal([
      'phi-3-mini-128k-instruct model.slidingWindow',
      'phi-3-medium-128k-instruct model.slidingWindow',
      'phi-4-mini-instruct model.vocabSize',
    ]);
    for (const preset of phiPresets.models.filter(({ name }) => !FIGURES[name]?.[4]))
      expect(unverified(preset), preset.name).not.to.have.length(0);
  });

  it('take the fused layers of transformers’ Phi-3 as targets of adapters', () => {
    for (const { adapterTargets, model } of phiPresets.models) {
      if (model.architecture === 'Phi3ForCausalLM')
        expect(adapterTargets).to.deep.equal(['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj']);
    }
  });

  it('refuse phi-2 by its name, and name a preset instead that there is', () => {
    const [phi2, ...others] = phiPresets.models;
    expect(others.filter(({ deprecated }) => deprecated)).to.deep.equal([]);
    expect(others.map(({ name }) => name)).to.include(phi2?.deprecated?.instead);
  });
});
