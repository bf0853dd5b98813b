import { type Catalogs, type Fit, fitTable } from '@kaito-sdk/core';
import { expect } from 'chai';
import { golden, planning } from './support/planning.js';

/** Short words for reasons, so that a row fits on a line. */
const WORDS: Readonly<Record<string, string>> = {
  InsufficientMemory: 'memory',
  RuntimeUnsupported: 'engine',
  InsufficientDisk: 'disk',
};

function cell({ decision }: Fit): string {
  if (!decision.feasible) return `no ${WORDS[decision.code] ?? decision.code}`;
  const { runtime, engine, memory } = decision;
  return `${runtime.name === 'vllm' ? 'v' : 'p'}${engine.contextLength}/${memory.context.sequences}`;
}

function table(fits: readonly Fit[]): string {
  const models = [...new Set(fits.map(({ preset }) => preset))];
  const types = [...new Set(fits.map(({ instanceType }) => instanceType))];
  const byName = new Map(fits.map((fit) => [`${fit.preset} ${fit.instanceType}`, cell(fit)]));
  const legend = models.map((model, index) => `# ${String(index + 1).padStart(2)} ${model}`);
  const row = (head: string, cells: readonly string[]) =>
    [head.padEnd(26), ...cells.map((words) => words.padEnd(11))].join(' ').trimEnd();
  return [
    '# What fits where: v vllm, p preset-image, then the context in tokens, and how many sequences of it at once.',
    ...legend,
    row(
      '',
      models.map((_, index) => String(index + 1)),
    ),
    ...types.map((type) =>
      row(
        type,
        models.map((model) => byName.get(`${model} ${type}`) ?? '?'),
      ),
    ),
    '',
  ].join('\n');
}

describe('the fit table of all Phi presets on all instance types', () => {
  let catalogs: Catalogs;
  let fits: readonly Fit[];
  before(async () => {
    catalogs = await planning({
      plugins: [
        '@kaito-sdk/provider-aks',
        '@kaito-sdk/catalog-aws',
        '@kaito-sdk/provider-karpenter',
        '@kaito-sdk/presets-phi',
        '@kaito-sdk/runtime-inference',
      ],
    });
    fits = fitTable(catalogs);
  });

  it('covers every model on every type of both clouds', () => {
    expect(fits).to.have.length(13 * (52 + 43));
  });

  it('is the one in the golden file', () => {
    golden(new URL('../test/golden/fit-table.txt', import.meta.url), table(fits));
  });

  it('never promises more memory than a GPU has, nor a longer context than a model was made for', () => {
    for (const { decision } of fits) {
      if (!decision.feasible) continue;
      const { memory, engine } = decision;
      expect(memory.neededBytes).to.be.at.most(memory.usableBytes);
      expect(engine.contextLength).to.be.within(2048, memory.context.model);
    }
  });

  it('gives every refusal a message and a way out', () => {
    for (const { decision } of fits) {
      if (decision.feasible) continue;
      expect(decision.message).not.to.equal('');
      expect(decision.remedy).to.match(/\.$/);
    }
  });

  it('has no GPU of AMD in it, for no runtime serves one', () => {
    const amd = fits.filter(({ instanceType }) => /^(g4ad|Standard_NV32as|Standard_NG32)/.test(instanceType));
    expect(amd).to.have.length(13 * 8);
    expect(amd.filter(({ decision }) => decision.feasible)).to.deep.equal([]);
  });

  it('gives a larger model never more context at once than its smaller sister on the same machine', () => {
    const fitting = new Map(fits.map((fit) => [`${fit.preset} ${fit.instanceType}`, fit.decision]));
    for (const { instanceType } of fits) {
      const large = fitting.get(`phi-3-medium-128k-instruct ${instanceType}`);
      const small = fitting.get(`phi-4-mini-instruct ${instanceType}`);
      if (!large?.feasible || !small?.feasible || large.runtime.name !== small.runtime.name) continue;
      expect(small.memory.context.fits, instanceType).to.be.at.least(large.memory.context.fits);
    }
  });

  it('takes part of a name for all models that begin with it, and a whole one for that model', () => {
    const names = (models: string[]) => [...new Set(fitTable(catalogs, { models }).map(({ preset }) => preset))];
    expect(names(['phi-4'])).to.deep.equal(['phi-4']);
    expect(names(['phi-4-mini'])).to.deep.equal(['phi-4-mini-instruct', 'phi-4-mini-reasoning']);
    expect(names(['Microsoft/Phi-4'])).to.deep.equal(['phi-4']);
    expect(names(['nothing'])).to.deep.equal([]);
  });
});
