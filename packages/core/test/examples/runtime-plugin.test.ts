import { readFileSync } from 'node:fs';
import { definePlugin, type Plan, plan, type RuntimeNeed, registerPlugins, type Workspace } from '@kaito-sdk/core';
import {
  aWorkspace,
  exampleCatalogs,
  exampleInstances,
  examplePresets,
  runtimeConformance,
} from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { SglangRuntime, sglangPlugin } from '../../../../examples/dist/runtime-plugin/sglang-runtime.js';

const runtime = new SglangRuntime('registry.example/sglang:1');
const asked = aWorkspace({ annotations: { 'kaito.sh/runtime': 'sglang' } });
const [small, large] = exampleInstances.instances();
const [tiny] = examplePresets.models;

function planned(workspace: Workspace = asked): readonly [Plan, Workspace] {
  const decision = plan(workspace, { ...exampleCatalogs, runtimes: [runtime] });
  if (!decision.feasible) throw new Error(decision.message);
  return [decision, workspace];
}

const need = (more: Partial<RuntimeNeed> = {}): RuntimeNeed => ({
  workspace: asked,
  preset: tiny!,
  instance: small!,
  nodes: 1,
  ...more,
});
const old = { ...small!, gpu: { ...small!.gpu, computeCapability: 7 } };

runtimeConformance('the example of a runtime plugin', () => ({
  runtime,
  supported: [need(), need({ instance: large! })],
  refused: [need({ nodes: 2 }), need({ instance: old })],
  plans: [planned(), planned(aWorkspace({ instanceType: 'gpu.large', annotations: asked.metadata.annotations ?? {} }))],
}));

describe('the example of a runtime plugin', () => {
  it('has fewer than 140 lines', () => {
    const source = new URL('../../../../examples/runtime-plugin/sglang-runtime.ts', import.meta.url);
    expect(readFileSync(source, 'utf8').trimEnd().split('\n').length).to.be.below(140);
  });

  it('is registered with its image, and says when that is missing', () => {
    const models = definePlugin({ name: 'models', apiVersion: '1', provides: ['presets'] }, (host) =>
      host.presets(examplePresets),
    );
    const { runtimes } = registerPlugins([models, sglangPlugin], {
      config: { '@acme/runtime-sglang': { image: 'registry.example/sglang:1' } },
    });
    expect(runtimes.map(({ name }) => name)).to.deep.equal(['sglang']);
    expect(() => registerPlugins([models, sglangPlugin])).to.throw(/image/);
  });

  it('is taken only where it is asked for', () => {
    const runtimes = [...exampleCatalogs.runtimes, runtime];
    const decision = plan(aWorkspace(), { ...exampleCatalogs, runtimes });
    expect(decision.feasible && decision.runtime.name).to.equal('example');
    const annotated = plan(asked, { ...exampleCatalogs, runtimes });
    expect(annotated.feasible && annotated.runtime.name).to.equal('sglang');
  });

  it('starts the engine with the pinned revision and the context that fits', () => {
    const [{ engine }] = planned();
    expect(engine.command).to.include.members([
      '--model-path=example/tiny',
      '--revision=0123456789abcdef',
      `--context-length=${engine.contextLength}`,
    ]);
    expect(engine.contextLength).to.be.greaterThan(2047);
  });

  it('divides the model over the GPUs of its machine', () => {
    const several = { ...small!, gpu: { ...small!.gpu, count: 4 } };
    expect(runtime.sizing(need({ instance: several })).tensorParallel).to.equal(4);
    expect(runtime.configure(need({ instance: several }), { contextLength: 4096 }).command).to.include('--tp-size=4');
  });
});
