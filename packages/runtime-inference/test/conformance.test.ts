import { readFileSync } from 'node:fs';
import { type Plan, plan, type Runtime, type Workspace } from '@kaito-sdk/core';
import { runtimeConformance, runtimeRules } from '@kaito-sdk/core/testing';
import { LlamacppRuntime, TemplateRuntime, VllmRuntime } from '@kaito-sdk/runtime-inference';
import { expect } from 'chai';
import { aNeed, aWorkspace, catalogs, presetImage } from './fixtures.js';

const adapters = [
  { source: { name: 'one', image: 'registry.example/one:1', imagePullSecrets: ['pull'] }, strength: '0.5' },
];
const withInference = (workspace: Workspace, more: object): Workspace => ({
  ...workspace,
  inference: { ...workspace.inference, ...more } as never,
});
const planned = (runtime: Runtime, workspace: Workspace): readonly [Plan, Workspace] => {
  const decision = plan(workspace, { ...catalogs, runtimes: [runtime] });
  if (!decision.feasible) throw new Error(`${decision.code}: ${decision.message}`);
  return [decision, workspace];
};
const T4 = 'Standard_NC4as_T4_v3';

runtimeConformance('preset-image', () => ({
  runtime: presetImage,
  supported: [aNeed('V100'), aNeed('A100')],
  refused: [aNeed('K80'), aNeed('MI25')],
  plans: [
    planned(presetImage, aWorkspace()),
    planned(presetImage, aWorkspace({ count: 2 })),
    planned(presetImage, withInference(aWorkspace(), { adapters })),
  ],
}));

const vllm = new VllmRuntime({ longestPipeline: 4 });
runtimeConformance('vllm', () => ({
  runtime: vllm,
  supported: [aNeed('T4'), aNeed('H100x8')],
  refused: [aNeed('V100'), aNeed('MI25')],
  plans: [
    planned(vllm, aWorkspace({ instanceType: T4 })),
    planned(vllm, aWorkspace({ instanceType: T4, count: 2 })),
    planned(vllm, aWorkspace({ instanceType: T4, preset: 'phi-4' })),
    planned(vllm, withInference(aWorkspace({ instanceType: T4 }), { adapters, config: 'mine' })),
  ],
}));

const llamacpp = new LlamacppRuntime();
const asked = (gguf: string) => aWorkspace({ annotations: { 'kaito.sh/runtime': 'llamacpp', 'kaito.sh/gguf': gguf } });
runtimeConformance('llamacpp', () => ({
  runtime: llamacpp,
  supported: [aNeed('V100', undefined, asked('tiny')), aNeed('MI25', undefined, asked('tiny'))],
  refused: [aNeed('V100'), aNeed('V100', undefined, asked('pvc:models/../x.gguf'))],
  plans: ['tiny', 'image:registry.example/m:1!m.gguf', 'pvc:models/m.gguf'].map((gguf) =>
    planned(llamacpp, asked(gguf)),
  ),
}));

const template = new TemplateRuntime();
const own = {
  ...aWorkspace(),
  inference: { template: { spec: { containers: [{ name: 'a', image: 'b' }] } } },
} as Workspace;
runtimeConformance('template', () => ({
  runtime: template,
  supported: [aNeed('V100', undefined, own)],
  refused: [aNeed('V100')],
  plans: [planned(template, own)],
}));

describe('the page of the runtime contract', () => {
  it('has every rule by its id and title, and no other', () => {
    const page = readFileSync(new URL('../../../docs/reference/contracts/runtime.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (RT-\d+) \| ([^|]+) \|/gm)].map(([, id, title]) => `${id} ${title?.trim()}`);
    expect(rows).to.deep.equal(runtimeRules.map(({ id, title }) => `${id} ${title}`));
  });
});
