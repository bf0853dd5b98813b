import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, type KubeObject } from '@kaito-sdk/core/engine';
import { crashAnywhere, idempotent, quietAtRest, type Scenario, TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { GREETINGS, greetingOperator } from '../../../../examples/dist/custom-operator/greeting-operator.js';

const folder = new URL('../../../../examples/custom-operator/', import.meta.url);
const read = (name: string) => readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
const crd = JSON.parse(read('greeting-crd.json')) as KubeObject;

const greeting = (name: string, spec: object): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Greeting',
  metadata: { name, namespace: 'default' },
  spec,
});

describe('the example of a custom operator', () => {
  it('is under sixty lines', () => {
    expect(read('greeting-operator.ts').trimEnd().split('\n').length).to.be.lessThan(60);
  });

  it('greets whom it is told to, again when the name changes, and when somebody takes the greeting away', async () => {
    const cluster = await TestCluster.start({ crds: [crd] });
    await cluster.run(greetingOperator);
    const text = async () => (await cluster.client.get(CONFIG_MAPS, 'default', 'g'))?.data;

    await cluster.client.create(GREETINGS, greeting('g', { name: 'Ada' }));
    await cluster.settle();
    expect(await text()).to.deep.equal({ text: 'Hello, Ada!' });
    await cluster.client.merge(GREETINGS, 'default', 'g', { spec: { name: 'Grace' } });
    await cluster.settle();
    expect(await text()).to.deep.equal({ text: 'Hello, Grace!' });
    await cluster.client.delete(CONFIG_MAPS, 'default', 'g');
    await cluster.settle();
    expect(await text()).to.deep.equal({ text: 'Hello, Grace!' });
    expect((await cluster.client.get(GREETINGS, 'default', 'g'))?.status).to.deep.equal({ text: 'Hello, Grace!' });
    await cluster.stop();
  });

  const scenario: Scenario = {
    crds: [crd],
    operator: greetingOperator,
    arrange: async ({ client }) => {
      await client.create(GREETINGS, greeting('g', { name: 'Ada' }));
      await client.create(GREETINGS, greeting('nobody', {}));
    },
    converged: async ({ client }) => (await client.get(GREETINGS, 'default', 'g'))?.status !== undefined,
    observes: [GREETINGS, CONFIG_MAPS],
  };
  it('writes nothing after a restart', () => idempotent(scenario));
  it('is quiet at rest', () => quietAtRest(scenario));
  it('survives being killed after any write', async () => expect(await crashAnywhere(scenario)).to.be.greaterThan(3));
});
