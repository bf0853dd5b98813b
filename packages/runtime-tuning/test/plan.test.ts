import { plan } from '@kaito-sdk/core';
import { expect } from 'chai';
import { aPlan, aTuning, catalogs, DOLLY } from './fixtures.js';

describe('the plan of a tuning', () => {
  it('takes the build whose torch has kernels for the GPU', () => {
    expect(aPlan().engine.image).to.equal('ghcr.io/kaito-sdk/trainer:0.1.0-volta');
    expect(aPlan({ instanceType: 'Standard_NC4as_T4_v3' }).engine.image).to.equal('ghcr.io/kaito-sdk/trainer:0.1.0');
    expect(aPlan({ instanceType: 'Standard_NC24ads_A100_v4' }).engine.image).to.equal(
      'ghcr.io/kaito-sdk/trainer:0.1.0',
    );
  });

  for (const [type, why] of [
    ['Standard_NC6s_v2', /compute capability 6\.0, and the builds of the training program are for 7\.0/],
    ['Standard_NV32as_v4', /has no CUDA/],
  ] as const) {
    it(`is refused on ${type} before anything is bought`, () => {
      const decision = plan(aTuning({ instanceType: type }), catalogs());
      expect(decision).to.include({ feasible: false, code: 'RuntimeUnsupported' });
      expect((decision as { message: string }).message).to.match(why);
    });
  }

  it('computes in float16 where the GPU has no bfloat16, and says so', () => {
    const { engine, warnings } = aPlan();
    expect(engine.dtype).to.equal('float16');
    expect(warnings.map(({ code }) => code)).to.deep.equal(['ComputeTypeChanged']);
    expect(aPlan({ instanceType: 'Standard_NC24ads_A100_v4' })).to.deep.include({ warnings: [] });
  });

  it('adapts the fused layers that the model has', () => {
    expect(aPlan().engine.tuning?.targets).to.deep.equal(['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj']);
  });

  it('holds no query of an address, which may be a key, nor a user in it', () => {
    const urls = [DOLLY, 'https://user:secret@store.example/a.parquet?sig=secret#sha256=00'];
    const decision = aPlan({ tuning: { input: { urls } } });
    expect(decision.engine.tuning?.input).to.deep.equal({
      kind: 'urls',
      from: [DOLLY.replace(/\?.*/, ''), 'https://store.example/a.parquet'],
    });
    expect(JSON.stringify(decision)).not.to.contain('secret');
  });

  it('knows method names in any case, and KAITO’s names of its templates', () => {
    const decision = aPlan({ tuning: { method: 'LoRA', config: 'lora-params-template' } });
    expect(decision.engine.tuning).to.include({ method: 'lora' });
    expect(decision.engine.tuning).not.to.have.property('config');
    expect(decision.memory.parts.map(({ name }) => name)).to.include('weights');
  });

  it('says that settings of the user’s own were not looked at', () => {
    expect(aPlan({ tuning: { config: 'mine' } }).unchecked.join(' ')).to.contain('ConfigMap mine');
  });

  it('takes every image from one registry', () => {
    const { image, tuning } = aPlan({}, { registry: 'mirror.example/kaito/', tag: '9' }).engine;
    expect([image, tuning?.toolsImage]).to.deep.equal([
      'mirror.example/kaito/trainer:9-volta',
      'mirror.example/kaito/tuning-tools:9',
    ]);
  });

  it('names volumes by their kind and name', () => {
    const volumeSource = { persistentVolumeClaim: { claimName: 'data' } };
    const decision = aPlan({ tuning: { input: { volumeSource }, output: { volumeSource } } });
    expect(decision.engine.tuning).to.deep.include({
      input: { kind: 'volume', from: ['persistentVolumeClaim data'] },
      output: { kind: 'volume', to: 'persistentVolumeClaim data' },
    });
  });
});
