import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { kaito, main, temporaryFolder, workspace } from '../support/program.js';

describe('the configuration that kaito is given', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();

  it('plans by the configuration it is given', async () => {
    const config = join(dirname(main), `test-config-${process.pid}.yaml`);
    await writeFile(config, 'config:\n  "@kaito-sdk/provider-karpenter": { retired: warn }\n');
    try {
      const { code, out } = await kaito(['plan', '-f', '-', '--config', config], workspace('Standard_NC6s_v3'));
      expect(code).to.equal(0);
      expect(out).to.match(/preset-image/);
    } finally {
      await rm(config);
    }
  });

  it('names a plugin that is not installed', async () => {
    const config = join(folder(), 'config.yaml');
    await writeFile(config, 'plugins: ["@acme/presets"]\n');
    const { code, err } = await kaito(['plan', '-f', '-', '--config', config], workspace('x'));
    expect(code).to.equal(1);
    expect(err).to.match(/npm install @acme\/presets \(PLUGIN_NOT_FOUND\)/);
  });

  it('checks a configuration and the plugins it names, without a cluster', async () => {
    const config = join(folder(), 'checked.yaml');
    await writeFile(config, 'region: westeurope\n');
    const good = await kaito(['operator', '--check', '--config', config]);
    expect([good.code, good.err]).to.deep.equal([0, '']);
    expect(good.out).to.match(/checked\.yaml is valid: @kaito-sdk\/provider-aks, /);
    await writeFile(config, 'http: { prot: 80 }\n');
    const bad = await kaito(['operator', '--check', '--config', config]);
    expect(bad.code).to.equal(1);
    expect(bad.err).to.match(/http\.prot is not a setting; there are enabled, port, host \(CONFIG_INVALID\)/);
  });

  it('prints the JSON schema of its configuration', async () => {
    const { code, out } = await kaito(['operator', '--schema']);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.have.nested.property('properties.webhooks.additionalProperties', false);
  });
});
