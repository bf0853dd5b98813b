import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadPlugins } from '@kaito-sdk/core';
import { configReference, configSchema, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { getMetadataStorage } from 'class-validator';
import { parse } from 'yaml';
import { golden } from './support/planning.js';

const page = new URL('../../../docs/reference/configuration.md', import.meta.url);
const schema = new URL('../../../docs/reference/configuration.schema.json', import.meta.url);

/** Where the settings of each bundled plugin stand. */
const PAGES: Readonly<Record<string, string>> = {
  '@kaito-sdk/provider-aks': 'docs/guides/aks.md',
  '@kaito-sdk/provider-karpenter': 'packages/provider-karpenter/README.md',
  '@kaito-sdk/presets-phi': 'packages/presets-phi/README.md',
  '@kaito-sdk/runtime-inference': 'packages/runtime-inference/README.md',
  '@kaito-sdk/runtime-tuning': 'packages/runtime-tuning/README.md',
};

function settingsOf(config: new () => object): readonly string[] {
  const checked = getMetadataStorage().getTargetValidationMetadatas(config, '', false, false);
  expect(checked, 'what is checked of the settings').to.not.deep.equal([]);
  return [...new Set(checked.map(({ propertyName }) => propertyName))];
}

describe('the page of each bundled plugin', () => {
  const { plugins } = operatorConfig({}, 'built in');

  it('is known', () => {
    expect(Object.keys(PAGES)).to.have.members(plugins);
  });

  for (const [name, file] of Object.entries(PAGES)) {
    it(`has every setting: ${name}`, async () => {
      const [plugin] = await loadPlugins([name], createRequire(import.meta.url).resolve('@kaito-sdk/operator'));
      const settings = plugin?.meta.config === undefined ? [] : settingsOf(plugin.meta.config);
      const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
      expect(settings.filter((setting) => !new RegExp(`\`${setting}\`|^ *${setting}: `, 'm').test(text))).to.deep.equal(
        [],
      );
    });
  }
});

describe('the reference of the configuration', () => {
  it('lists every setting with its type, default and meaning, as the code has them', () => {
    golden(page, configReference(), 'settings');
  });

  it('comes with the JSON schema that the code has', () => {
    golden(schema, `${JSON.stringify(configSchema(), null, 2)}\n`);
  });

  it('describes every setting', () => {
    const bare = configReference()
      .split('\n')
      .filter((row) => row.startsWith('| `') && /\| *\|$/.test(row));
    expect(bare).to.deep.equal([]);
  });

  it('shows only configurations that are valid', () => {
    const examples = [...readFileSync(page, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(examples.length).to.be.greaterThan(2);
    for (const text of examples) expect(() => operatorConfig(parse(text), 'the page')).not.to.throw();
  });
});
