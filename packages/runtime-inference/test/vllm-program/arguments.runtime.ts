import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plan } from '@kaito-sdk/core';
import { phiPresets } from '@kaito-sdk/presets-phi';
import { expect } from 'chai';
import { aWorkspace, catalogs, MACHINES } from '../fixtures.js';
import { vllmEnvironment, vllmFolder } from './program.js';

const script = fileURLToPath(new URL('../../test/vllm-program/parse-arguments.py', import.meta.url));

/** What vLLM's own parser says of each list: nothing, or why it does not take it. */
function complaints(lists: readonly (readonly string[])[]): readonly (string | null)[] {
  const run = spawnSync(join(vllmFolder(), 'bin', 'python'), [script], {
    input: lists.map((list) => JSON.stringify(list)).join('\n'),
    env: vllmEnvironment(),
    encoding: 'utf8',
  });
  const [, results] = run.stdout.split('RESULTS\n');
  if (results === undefined) throw new Error(`no answer from ${script}:\n${run.stderr.slice(-4000)}`);
  return results
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string | null);
}

interface Rendered {
  readonly preset: string;
  readonly what: string;
  readonly words: readonly string[];
}

/** The arguments of every Plan on vLLM that there is: each model on each machine, with and without adapters. */
function everyPlan(): readonly Rendered[] {
  const adapters = [1, 2].map((n) => ({
    source: { name: `adapter-${n}`, image: `registry.example/adapter:${n}` },
    strength: '0.5',
  }));
  return phiPresets.models.flatMap(({ name: preset }) =>
    Object.values(MACHINES).flatMap(({ name: instanceType }) =>
      [[], adapters.slice(0, 1), adapters].flatMap((wanted) => {
        const workspace = aWorkspace({ preset, instanceType, annotations: { 'kaito.sh/runtime': 'vllm' } });
        const asked = {
          ...workspace,
          inference: { ...workspace.inference, ...(wanted.length > 0 ? { adapters: wanted } : {}) },
        };
        const decision = plan(asked as typeof workspace, catalogs);
        if (!decision.feasible || decision.runtime.name !== 'vllm') return [];
        const what = `${preset} on ${instanceType} with ${wanted.length} adapters`;
        return [{ preset, what, words: decision.engine.args ?? [] }];
      }),
    ),
  );
}

/** What must be refused, so that a parser that takes everything is found out. */
const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown flag', ['--max-model-length', '1'], /unrecognized arguments: --max-model-length 1/],
  ['a value of another kind', ['--port', 'http'], /argument --port: invalid int value: 'http'/],
  [
    'a rank without kernels',
    ['--enable-lora', '--max-lora-rank', '7'],
    /argument --max-lora-rank: invalid choice: '?7'?/,
  ],
];

describe("vLLM's own argument parser", () => {
  const rendered = everyPlan();
  let answers: readonly (string | null)[];
  before(() => {
    // All in one process, since it takes far longer to start than to read.
    const [{ words: plain = [] } = {}] = rendered;
    answers = complaints([...rendered.map(({ words }) => words), ...wrong.map(([, more]) => [...plain, ...more])]);
  });

  it('takes the arguments of every Plan: each model on each GPU, with and without adapters', () => {
    const refused = rendered.flatMap(({ what, words }, i) =>
      answers[i] === null ? [] : [`${what}: ${answers[i]} (${words.join(' ')})`],
    );
    expect(refused).to.deep.equal([]);
  });

  it('was asked about every model that vLLM implements', () => {
    const asked = new Set(rendered.map(({ preset }) => preset));
    const left = phiPresets.models.filter(({ name }) => !asked.has(name));
    expect(left.map(({ name }) => name)).to.deep.equal([
      // Deprecated, and refused by every runtime.
      'phi-2',
      'phi-3-small-8k-instruct',
      'phi-3-small-128k-instruct',
    ]);
  });

  for (const [i, [what, , message]] of wrong.entries()) {
    it(`refuses ${what}`, () => {
      expect(answers[rendered.length + i]).to.match(message);
    });
  }
});
