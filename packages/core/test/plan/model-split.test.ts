import {
  embeddingParameters,
  layersOnOneGpu,
  type ModelArchitecture,
  weightBytes,
  weightBytesOnOneGpu,
} from '@kaito-sdk/core';
import { expect } from 'chai';
import { aPreset } from './fixtures.js';

const MODEL: ModelArchitecture = { ...aPreset().model, layers: 10, dtype: 'float16' };

describe('the weights on one GPU of a split model', () => {
  const whole = weightBytes(MODEL);
  const ends = 2 * embeddingParameters(MODEL);

  it('are all of them on one GPU, and a part of each layer where GPUs share the layers', () => {
    expect(weightBytesOnOneGpu(MODEL, 'float16')).to.equal(whole);
    expect(weightBytesOnOneGpu(MODEL, 'float16', { tensor: 4 })).to.equal(Math.ceil(whole / 4));
  });

  it('are the layers of the fullest node, and the embedding or the head, which a pipeline does not divide', () => {
    expect(layersOnOneGpu(MODEL, { pipeline: 4 })).to.equal(3);
    const dealt = weightBytesOnOneGpu(MODEL, 'float16', { pipeline: 4 });
    expect(dealt).to.equal(Math.ceil((whole - ends) * 0.3 + ends / 2));
    expect(dealt).to.be.above(whole * 0.3);
  });

  it('keep the shared matrix whole at both ends of a pipeline', () => {
    const tied = { ...MODEL, tiedEmbeddings: true };
    const matrix = 2 * embeddingParameters(tied);
    expect(weightBytesOnOneGpu(tied, 'float16', { pipeline: 2 })).to.equal(
      Math.ceil((weightBytes(tied) - matrix) / 2 + matrix),
    );
  });

  it('never grow with more GPUs or nodes, and always add up to the model at least', () => {
    for (const tensor of [1, 2, 4, 8]) {
      for (let pipeline = 1; pipeline < 10; pipeline++) {
        const here = weightBytesOnOneGpu(MODEL, 'float16', { tensor, pipeline });
        expect(here * tensor * pipeline).to.be.at.least(whole);
        expect(weightBytesOnOneGpu(MODEL, 'float16', { tensor: tensor * 2, pipeline })).to.be.at.most(here);
        expect(weightBytesOnOneGpu(MODEL, 'float16', { tensor, pipeline: pipeline + 1 })).to.be.at.most(here);
      }
    }
  });

  it('are the published size of a quantized model, split the same way', () => {
    const quantized = { ...MODEL, quantization: { method: 'awq', bits: 4 }, weightBytes: 1000 as never };
    expect(weightBytesOnOneGpu(quantized, 'float16', { tensor: 2 })).to.equal(500);
  });
});
