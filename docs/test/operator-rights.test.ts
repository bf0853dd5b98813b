import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_MAPS, type KubeObject } from '@kaito-sdk/core/engine';
import { TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { parse } from 'yaml';
import { GREETINGS, greetingOperator } from '../../examples/dist/custom-operator/greeting-operator.js';
import { ROOT, readPage } from './support/pages.js';

describe('the rights of the operator in the guide', () => {
  it('are those that it asks a server for, and what the server asks for besides', async () => {
    const block = readPage('docs/guides/write-an-operator.md').blocks.find(({ text }) =>
      text.includes('kind: ClusterRole'),
    );
    const { rules } = parse(block?.text ?? '') as { readonly rules: readonly Rule[] };
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    );

    const crd = readFileSync(join(ROOT, 'examples/custom-operator/greeting-crd.json'), 'utf8');
    const cluster = await TestCluster.start({ crds: [JSON.parse(crd) as object] });
    const asked = new Set<string>();
    await cluster.run(greetingOperator, (transport) => ({
      ...transport,
      request: (request) => {
        asked.add(rightOf(request.method, request.path));
        return transport.request(request);
      },
    }));
    const greeting: KubeObject = {
      apiVersion: 'example.com/v1',
      kind: 'Greeting',
      metadata: { name: 'g', namespace: 'default' },
      spec: { name: 'Ada' },
    };
    await cluster.client.create(GREETINGS, greeting);
    await cluster.settle();
    await cluster.client.delete(CONFIG_MAPS, 'default', 'g');
    await cluster.settle();
    await cluster.stop();

    expect([...asked].filter((right) => !granted.includes(right))).to.deep.equal([]);
    // A server-side apply that makes an object takes the right to create it; what is no longer rendered is deleted.
    const besides = ['create /configmaps', 'delete /configmaps'];
    expect(granted.filter((right) => !asked.has(right))).to.have.members(besides);
  });
});
