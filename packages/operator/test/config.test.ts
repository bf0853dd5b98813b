import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operatorConfig, readConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';

describe('the operator configuration', () => {
  it('has a default for everything: the bundled plugins, and a lease', () => {
    const config = operatorConfig({}, 'test');
    expect(config.plugins).to.include.members(['@kaito-sdk/provider-karpenter', '@kaito-sdk/presets-phi']);
    expect(config.leaderElection).to.equal(true);
    expect(config.provisioner, 'the bundled plugins have more than one').to.equal('karpenter');
  });

  for (const [title, raw, message] of [
    ['a key that nobody knows', { pluggins: [] }, /test is not valid: pluggins: property pluggins should not exist/],
    ['plugins that are no list', { plugins: '@acme/x' }, /plugins: plugins must be an array/],
    ['a plugin name that is no text', { plugins: [1] }, /each value in plugins must be a string/],
    ['a list in place of a map', [], /it must be a map of settings/],
  ] as const) {
    it(`refuses ${title}, by name`, () => {
      expect(() => operatorConfig(raw, 'test')).to.throw(message);
    });
  }

  describe('in a file', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kaito-config-'));
    });
    after(() => rm(folder, { recursive: true }));

    const read = async (text: string) => {
      const file = join(folder, 'config.yaml');
      await writeFile(file, text);
      return readConfig(file);
    };

    it('is YAML, and an empty file means the defaults', async () => {
      expect((await read('region: westeurope')).region).to.equal('westeurope');
      expect((await read('# nothing\n')).leaderElection).to.equal(true);
    });

    it('names the file when it cannot be read or parsed', async () => {
      const missing = await readConfig(join(folder, 'none.yaml')).catch((error: Error) => error);
      expect(String(missing)).to.match(/cannot read the configuration .*none\.yaml/);
      const broken = await read('plugins: [').catch((error: Error) => error);
      expect(String(broken)).to.match(/config\.yaml is not valid/);
    });
  });
});
