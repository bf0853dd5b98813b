import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { widgetCrd } from './support/test-server.js';
import { widgetOperator } from './support/widgets.js';

const page = readFileSync(fileURLToPath(new URL('../../../../docs/reference/engine.md', import.meta.url)), 'utf8');

/** `| `name` | type | `label`, `label` | …` of the reference. */
function documented(): string[] {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([^|]*) \|/gm)];
  return rows.map(
    ([, name, type, labels = '']) =>
      `${name} ${type} ${[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).join()}`,
  );
}

describe('the table of metrics in the reference', () => {
  it('is what a running operator exposes before anything has happened, by name, type and labels', async () => {
    const cluster = await TestCluster.start({ crds: [widgetCrd] });
    const operator = await cluster.run((parts) => {
      const leaderElection = { namespace: 'default', name: 'lease', identity: 'one' };
      return widgetOperator({ ...parts, name: 'documented', leaderElection }).operator;
    });
    const exposed = operator.metrics.expose();
    await cluster.stop();
    const found = [...exposed.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
      const [, labels = ''] = new RegExp(`^${name}(?:_bucket)?\\{(.*?)\\} `, 'm').exec(exposed) ?? [];
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
      return `${name} ${type} ${names.join()}`;
    });
    expect(found.length).to.be.greaterThan(15);
    expect(documented().sort()).to.deep.equal(found.sort());
  });
});
