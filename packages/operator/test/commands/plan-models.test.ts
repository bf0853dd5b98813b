import { expect } from 'chai';
import { parse } from 'yaml';
import { kaito } from '../support/program.js';

describe('kaito plan of models', function () {
  this.timeout(30_000);

  it('prints what fits where, the cheapest first, and what does not with --all-types', async () => {
    const { code, out } = await kaito(['plan', '--models', 'phi-4']);
    expect(code).to.equal(0);
    const [head, first, ...rest] = out.trimEnd().split('\n');
    expect(head).to.match(/^MODEL +INSTANCE +GPUS +\$\/HOUR +RUNTIME +CONTEXT +AT ONCE/);
    expect(first).to.match(/^phi-4 +Standard_NC24ads_A100_v4 +1 x A100 +3\.673 +vllm +16384/);
    expect(rest.join('\n')).not.to.match(/InsufficientMemory|retired/);
    const all = await kaito(['plan', '--models', 'phi-4', '--all-types']);
    // 47 with GPUs and 5 without.
    expect(all.out.trimEnd().split('\n')).to.have.length(1 + 52);
    expect(all.out).to.match(/^phi-4 +Standard_NC4as_T4_v3 .*InsufficientMemory$/m);
    expect(all.out).to.match(/^phi-4 +Standard_NC6s_v3 .*retired 2025-09-30, RuntimeUnsupported$/m);
  });

  it('prints the fit table as JSON and as YAML, the same value, for the types asked for', async () => {
    const args = ['plan', '--models', 'phi-4,phi-3-mini-4k-instruct', '--instance-type', 'Standard_NC4as_T4_v3'];
    const json = JSON.parse((await kaito([...args, '-o', 'json'])).out);
    expect(json.map(({ model, fits }: { model: string; fits: boolean }) => [model, fits])).to.deep.equal([
      ['phi-4', false],
      ['phi-3-mini-4k-instruct', true],
    ]);
    expect(parse((await kaito([...args, '-o', 'yaml'])).out)).to.deep.equal(json);
  });

  it('ends with 1 when a model fits nowhere that was asked for', async () => {
    const { code } = await kaito(['plan', '--models', 'phi-4', '--instance-type', 'Standard_NC4as_T4_v3']);
    expect(code).to.equal(1);
  });

  for (const [title, args, message] of [
    ['a model that nobody knows', ['--models', 'gpt'], /no model is called gpt; kaito presets lists them/],
    ['a manifest and models at once', ['--models', 'phi-4', '-f', 'x'], /--models makes a table of its own/],
    ['--all-types without models', ['--all-types', '-f', 'x'], /--all-types is for a table/],
  ] as const) {
    it(`says what is wrong with ${title}, exit code 2`, async () => {
      const { code, err } = await kaito(['plan', ...args]);
      expect(code).to.equal(2);
      expect(err).to.match(message);
    });
  }

  it('lists the models, with what each costs in memory', async () => {
    const { code, out } = await kaito(['models']);
    expect(code).to.equal(0);
    expect(out).to.match(/^phi-4 +16384 +27\.31 GiB +204800 B +107\.00 GiB +MIT$/m);
    expect(out).to.match(/^phi-2 .*deprecated, take phi-3-mini-4k-instruct/m);
    expect(JSON.parse((await kaito(['models', '-o', 'json'])).out)).to.have.length(14);
  });
});
