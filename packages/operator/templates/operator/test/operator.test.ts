import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CONFIG_MAPS, crdOf, type KubeObject } from '@kaito-sdk/core';
import {
  crashAnywhere,
  enoughRights,
  idempotent,
  quietAtRest,
  type Scenario,
  TestCluster,
} from '@kaito-sdk/core/testing';
import { parseAllDocuments } from 'yaml';
import { GREETINGS, Greeting } from '../src/greeting.js';
import { leaderElection, operator } from '../src/operator.js';

const greeting = (name: string): KubeObject => ({
  apiVersion: '__NAME__.example.com/v1',
  kind: 'Greeting',
  metadata: { name: 'g', namespace: 'default' },
  spec: { name },
});

describe('the operator', () => {
  it('greets whom it is told to, and again when somebody takes the greeting away', async () => {
    const cluster = await TestCluster.start({ crds: [crdOf(Greeting)] });
    await cluster.run(operator);
    const text = async () => (await cluster.client.get(CONFIG_MAPS, 'default', 'g'))?.data;

    await cluster.client.create(GREETINGS, greeting('Ada'));
    await cluster.settle();
    assert.deepEqual(await text(), { text: 'Hello, Ada!' });
    await cluster.client.delete(CONFIG_MAPS, 'default', 'g');
    await cluster.settle();
    assert.deepEqual(await text(), { text: 'Hello, Ada!' });
    await cluster.stop();
  });

  it('leaves it to the API server to refuse a Greeting of nobody', async () => {
    const cluster = await TestCluster.start({ crds: [crdOf(Greeting)] });
    await assert.rejects(cluster.client.create(GREETINGS, greeting('')), /spec\.name/);
    await cluster.stop();
  });

  const scenario: Scenario = {
    crds: [crdOf(Greeting)],
    operator,
    // Made and then changed: a change takes other rights than what comes first.
    arrange: async (cluster) => {
      await cluster.client.create(GREETINGS, greeting('Ada'));
      await cluster.settle();
      await cluster.client.merge(GREETINGS, 'default', 'g', { spec: { name: 'Grace' } });
    },
    converged: async ({ client }) => {
      const { status } = ((await client.get(GREETINGS, 'default', 'g')) ?? {}) as { status?: { text?: string } };
      return status?.text === 'Hello, Grace!';
    },
    observes: [GREETINGS, CONFIG_MAPS],
  };
  it('writes nothing after a restart', () => idempotent(scenario));
  it('is quiet at rest', () => quietAtRest(scenario));
  it('survives being killed after any write', async () => {
    assert.ok((await crashAnywhere(scenario)) > 1);
  });

  it('may do by deploy/role.yaml all that it does', async () => {
    const roles = parseAllDocuments(readFileSync('deploy/role.yaml', 'utf8')).map((one) => one.toJS() as KubeObject);
    const deployed: Scenario = {
      ...scenario,
      namespaces: ['__NAME__'],
      operator: (parts) => operator({ ...parts, leaderElection: leaderElection('__NAME__', 'a-pod') }),
    };
    await enoughRights(deployed, roles);
  });

  it('has the definition of Greeting in deploy/crd.json: npm run manifests writes it', () => {
    assert.deepEqual(JSON.parse(readFileSync('deploy/crd.json', 'utf8')), crdOf(Greeting));
  });
});
