import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { configSchema, crds, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { golden } from './support/planning.js';

const chart = new URL('../../../charts/kaito/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, chart), 'utf8');

/** Helm leaves what carries it when the chart is uninstalled. */
const KEEP = { 'helm.sh/resource-policy': 'keep' };

describe('the Helm chart', () => {
  it('carries the CustomResourceDefinitions of the code, each kept when the chart goes', () => {
    const files = readdirSync(new URL('files/crds/', chart)).filter((file) => !file.startsWith('.'));
    expect(files.sort()).to.deep.equal(
      crds()
        .map(({ metadata }) => `${metadata.name}.yaml`)
        .sort(),
    );
    for (const crd of crds()) {
      const kept = { ...crd, metadata: { ...crd.metadata, annotations: KEEP } };
      golden(
        new URL(`files/crds/${crd.metadata.name}.yaml`, chart),
        stringify(kept, { aliasDuplicateObjects: false, lineWidth: 0 }),
      );
    }
  });

  it('checks the configuration of the operator among its values, by the schema of the code', () => {
    const { $schema: _, $id: __, title: ___, ...config } = configSchema() as Record<string, unknown>;
    const file = new URL('values.schema.json', chart);
    const schema = JSON.parse(readFileSync(file, 'utf8'));
    const wanted = { ...schema, properties: { ...schema.properties, config } };
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, `${JSON.stringify(wanted, null, 2)}\n`);
    else expect(schema.properties.config).to.deep.equal(config);
  });

  it('has a schema for every value, and a value for everything in the schema', () => {
    const missing: string[] = [];
    const walk = (value: unknown, schema: Schema | undefined, path: string): void => {
      if (schema === undefined) missing.push(`${path}: no schema`);
      if (schema?.properties === undefined || typeof value !== 'object' || value === null) return;
      for (const [key, part] of Object.entries(value)) walk(part, schema.properties[key], `${path}.${key}`);
      for (const key of Object.keys(schema.properties)) if (!(key in value)) missing.push(`${path}.${key}: no value`);
    };
    const { config: _, ...values } = parse(read('values.yaml')) as Record<string, unknown>;
    const schema = JSON.parse(read('values.schema.json')) as Schema;
    // Helm itself hands `global` to charts that are part of another.
    const { config: __, global: ___, ...properties } = schema.properties ?? {};
    walk(values, { ...schema, properties }, '');
    expect(missing).to.deep.equal([]);
  });

  it('is installed by the guide with configurations that are valid', () => {
    const text = readFileSync(new URL('../../docs/guides/install.md', chart), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, yaml = '']) => parse(yaml) as { config?: object },
    );
    expect(blocks.length).to.be.greaterThan(3);
    for (const { config = {} } of blocks) expect(() => operatorConfig(config, 'the guide')).not.to.throw();
  });

  it('has the version of the packages', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../lerna.json', import.meta.url), 'utf8'));
    expect(parse(read('Chart.yaml'))).to.include({ version, appVersion: version });
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}
