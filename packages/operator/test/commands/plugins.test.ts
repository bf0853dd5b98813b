import { expect } from 'chai';
import { parse } from 'yaml';
import { pluginsCommand } from '../../dist/commands/plugins.js';
import { UsageError } from '../../dist/usage-error.js';
import { failure, runCommand, scratch } from '../support/run-command.js';

describe('kaito plugins', () => {
  it('lists what the bundled plugins bring', async () => {
    const { code, out } = await runCommand(pluginsCommand);
    expect(code).to.equal(0);
    expect(out).to.match(/^NAME +VERSION +API +BRINGS$/m);
    expect(out).to.match(/^@kaito-sdk\/provider-aks +0\.1\.0 +1 +instances azure \(52 types\), provisioner aks$/m);
    expect(out).to.match(/^@kaito-sdk\/presets-phi .* presets phi \(14 models\)$/m);
    expect(out).to.match(/runtime vllm \(inference\)/);
    expect((await runCommand(pluginsCommand, 'list')).out).to.equal(out);
  });

  it('checks that all load and go together', async () => {
    const { code, out } = await runCommand(pluginsCommand, 'check');
    expect([code, out]).to.deep.equal([0, '5 plugins load and go together\n']);
  });

  it('gives the same to programs, as JSON and as YAML', async () => {
    const json = JSON.parse((await runCommand(pluginsCommand, '-o', 'json')).out);
    expect(json.problems).to.deep.equal([]);
    expect(json.plugins[2]).to.deep.equal({
      name: '@kaito-sdk/presets-phi',
      version: '0.1.0',
      apiVersion: '1',
      brings: ['presets phi (14 models)'],
    });
    expect(parse((await runCommand(pluginsCommand, '-o', 'yaml')).out)).to.deep.equal(json);
  });

  it('tells of each that is broken, and still what the others bring; exit code 1', async () => {
    const files = await scratch({
      'kaito.yaml': `plugins: ['@acme/missing', '@kaito-sdk/presets-phi', '@kaito-sdk/runtime-inference']
config: { '@kaito-sdk/runtime-inference': { vllmTga: x } }
`,
    });
    try {
      const { code, out } = await runCommand(pluginsCommand, '--config', files.path('kaito.yaml'));
      expect(code).to.equal(1);
      expect(out).to.match(/^@acme\/missing +- +- +does not load$/m);
      expect(out).to.match(/^@kaito-sdk\/presets-phi .* presets phi \(14 models\)$/m);
      expect(out).to.match(/^problem: plugin @acme\/missing is not installed .*npm install @acme\/missing$/m);
      expect(out).to.match(
        /^problem: the configuration of plugin @kaito-sdk\/runtime-inference is not valid: vllmTga/m,
      );
      const checked = await runCommand(pluginsCommand, 'check', '--config', files.path('kaito.yaml'));
      expect(checked.code).to.equal(1);
      expect(checked.out.trimEnd().split('\n')).to.have.length(2);
    } finally {
      await files.remove();
    }
  });

  it('finds what is wrong only with all of them together: two that say the same, none that a provisioner is chosen of', async () => {
    const files = await scratch({
      'unknown.yaml': `plugins: ['@kaito-sdk/presets-phi', '@kaito-sdk/runtime-inference']\nprovisioner: karpenter\n`,
      'alone.yaml': `plugins: ['@kaito-sdk/runtime-inference']\nprovisioner: byo\n`,
    });
    try {
      const unknown = await runCommand(pluginsCommand, 'check', '--config', files.path('unknown.yaml'));
      expect(unknown.code).to.equal(1);
      expect(unknown.out).to.match(/^problem: no plugin registers a provisioner "karpenter"; registered: byo$/m);
      const alone = await runCommand(pluginsCommand, 'check', '--config', files.path('alone.yaml'));
      expect(alone.code).to.equal(1);
      expect(alone.out).to.match(/requires "presets", which no plugin provides/);
    } finally {
      await files.remove();
    }
  });

  it('refuses another word', async () => {
    expect(await failure(pluginsCommand, 'install'))
      .to.be.instanceOf(UsageError)
      .and.match(/takes list or check, not "install"/);
  });
});
