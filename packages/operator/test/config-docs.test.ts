import { readFileSync } from 'node:fs';
import { configReference, configSchema, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { parse } from 'yaml';
import { golden } from './support/planning.js';

const page = new URL('../../../docs/reference/configuration.md', import.meta.url);
const schema = new URL('../../../docs/reference/configuration.schema.json', import.meta.url);

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
