import { expect } from 'chai';
import { parse } from 'yaml';
import { instancesCommand } from '../../dist/commands/instances.js';
import { modelsCommand, presetsCommand } from '../../dist/commands/presets.js';
import { UsageError } from '../../dist/usage-error.js';
import { failure, runCommand } from '../support/run-command.js';

describe('kaito presets', () => {
  it('lists what can be named, with what each costs in memory', async () => {
    const { code, out, err } = await runCommand(presetsCommand);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/^NAME +CONTEXT +WEIGHTS +CACHE\/TOKEN +DISK +LICENCE +NOTE$/m);
    expect(out).to.match(/^phi-4 +16384 +27\.31 GiB +204800 B +107\.00 GiB +MIT$/m);
    expect(out).not.to.match(/ $/m);
  });

  it('gives the same to programs, as JSON and as YAML', async () => {
    const json = JSON.parse((await runCommand(presetsCommand, '-o', 'json')).out);
    expect(json).to.have.length(14);
    expect(parse((await runCommand(presetsCommand, '-o', 'yaml')).out)).to.deep.equal(json);
  });

  it('tells all about one, by its name or its repository, each figure with where it stands', async () => {
    const { out } = await runCommand(presetsCommand, 'PHI-4');
    expect(out).to.match(/^repository +microsoft\/phi-4$/m);
    expect(out).to.match(/^images +kaito-phi-4:0\.2\.0 \(KAITO v0\.5 to v0\.12\), weights only$/m);
    expect(out).to.match(/^heads +40, 10 for keys and values, of 128$/m);
    expect(out).to.match(/^sources +model\.architecture: the published config\.json/m);
    expect((await runCommand(presetsCommand, 'microsoft/Phi-4')).out).to.equal(out);
    expect(JSON.parse((await runCommand(presetsCommand, 'phi-4', '-o', 'json')).out)).to.include({ name: 'phi-4' });
  });

  it('says what became of a model that is no longer served', async () => {
    expect((await runCommand(presetsCommand, 'phi-2')).out).to.match(/^deprecated +.+; take phi-3-mini-4k-instruct$/m);
  });

  it('is still called models, too', async () => {
    expect((await runCommand(modelsCommand)).out).to.equal((await runCommand(presetsCommand)).out);
  });

  for (const [title, args, message] of [
    ['a model that nobody knows', ['gpt'], /no model is called gpt; kaito presets lists them/],
    ['two models', ['phi-4', 'phi-2'], /one model at a time/],
    ['an unknown output', ['-o', 'xml'], /--output takes table, json or yaml, not "xml"/],
  ] as const) {
    it(`refuses ${title}`, async () => {
      expect(await failure(presetsCommand, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});

describe('kaito instances', () => {
  it('lists what can be had, with GPUs and prices, and leaves out what cannot', async () => {
    const { code, out } = await runCommand(instancesCommand);
    expect(code).to.equal(0);
    expect(out).to.match(/^Standard_NC4as_T4_v3 +1 x NVIDIA T4 +16\.00 GiB +7\.5 +0\.526 +eastus$/m);
    expect(out).not.to.match(/^Standard_NC6s_v3 /m);
  });

  it('has the retired ones when asked, and says since when', async () => {
    const { out } = await runCommand(instancesCommand, 'NC6s_v3', '--retired');
    expect(out).to.match(/^Standard_NC6s_v3 +1 x NVIDIA V100 .* retired 2025-09-30$/m);
    const without = await runCommand(instancesCommand, 'NC6s_v3');
    expect(without.err).to.match(/all 1 of them are retired; --retired shows them/);
    expect(without.out.trimEnd().split('\n')).to.have.length(1);
  });

  it('takes a part of a name, or of the name of a GPU', async () => {
    const names = async (...args: readonly string[]) =>
      (JSON.parse((await runCommand(instancesCommand, ...args, '-o', 'json')).out) as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await names('a100'))
      .to.include('Standard_NC24ads_A100_v4')
      .and.not.include('Standard_NC4as_T4_v3');
    expect(await names('nvidia t4')).to.include('Standard_NC4as_T4_v3');
  });

  it('shows the prices of another region, and a dash where none is known', async () => {
    const { out } = await runCommand(instancesCommand, 'T4', '--region', 'westeurope');
    expect(out).to.match(/^Standard_NC4as_T4_v3 .* westeurope$/m);
    expect(out).not.to.match(/eastus/);
    const json = JSON.parse((await runCommand(instancesCommand, 'T4', '-o', 'json')).out);
    expect(parse((await runCommand(instancesCommand, 'T4', '-o', 'yaml')).out)).to.deep.equal(json);
  });

  for (const [title, args, message] of [
    ['a part that no name has', ['xyz'], /no instance type and no GPU has "xyz" in its name/],
    ['a region without prices', ['--region', 'eastsu'], /no price is known in region "eastsu"; there are .*eastus/],
    ['two parts', ['a', 'b'], /one part of a name at a time/],
  ] as const) {
    it(`refuses ${title}`, async () => {
      expect(await failure(instancesCommand, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});
