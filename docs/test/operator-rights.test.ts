import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_MAPS, type KubeObject } from '@kaito-sdk/core/engine';
import { missingRules, ruleText, TestCluster, unusedRules } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { parse } from 'yaml';
import { GREETINGS, greetingOperator } from '../../examples/dist/custom-operator/greeting-operator.js';
import { ROOT } from './support/pages.js';

const read = (name: string): string => readFileSync(join(ROOT, 'examples/custom-operator', name), 'utf8');

describe('the role of the example of an operator', () => {
  it('is what it asks a server for, and what the server asks for besides', async () => {
    const role = parse(read('role.yaml')) as KubeObject;
    const cluster = await TestCluster.start({ crds: [JSON.parse(read('greeting-crd.json')) as object] });
    const object = (apiVersion: string, kind: string) => ({
      apiVersion,
      kind,
      metadata: { name: 'g', namespace: 'default' },
    });
    await cluster.client.create(CONFIG_MAPS, object('v1', 'ConfigMap'));
    await cluster.run(greetingOperator);
    await cluster.client.create(GREETINGS, { ...object('example.com/v1', 'Greeting'), spec: { name: 'Ada' } });
    await cluster.settle();
    await cluster.client.delete(CONFIG_MAPS, 'default', 'g');
    await cluster.settle();

    const { entries } = cluster.journal;
    await cluster.stop();
    expect(missingRules([role], entries).map(ruleText)).to.deep.equal([]);
    expect(unusedRules([role], entries).map(ruleText)).to.deep.equal([
      '- { apiGroups: [example.com], resources: [greetings/finalizers], verbs: [update] }',
      '- { apiGroups: [""], resources: [configmaps], verbs: [delete] }',
    ]);
  });
});
