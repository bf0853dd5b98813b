import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { kopf } from '../../dist/strangers/stranger-programs.js';
import { devCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

const operator = fileURLToPath(new URL('../../python/greetings.py', import.meta.url));

const crd = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'greetings.ex.io' },
  spec: {
    group: 'ex.io',
    scope: 'Namespaced',
    names: { kind: 'Greeting', plural: 'greetings', singular: 'greeting' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { to: { type: 'string' } } },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
});

const greeting = (to: string): string =>
  JSON.stringify({ apiVersion: 'ex.io/v1', kind: 'Greeting', metadata: { name: 'g' }, spec: { to } });

describe('an operator on kopf against devcluster', () => {
  let cluster: TestCluster;
  let program: string;
  before(async function () {
    // A first build takes minutes.
    this.timeout(900_000);
    program = kopf();
    cluster = await devCluster();
    await said(crd, 'create', '-f', '-');
    await said('', 'wait', 'crd/greetings.ex.io', '--for=condition=Established', '--timeout=60s');
  });
  after(() => cluster.stop());

  async function said(stdin: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await cluster.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}`);
    return out;
  }

  it('handles creation, change and deletion, behind its finalizer', async () => {
    const running = cluster.start('kopf', program, [
      'run',
      '--verbose',
      '--standalone',
      '--namespace=default',
      operator,
    ]);
    const log = (): string => readFileSync(running.log, 'utf8');
    const text = (): Promise<string> => said('', 'get', 'greeting', 'g', '-o', 'jsonpath={.status.text}');
    await said(greeting('World'), 'apply', '-f', '-');
    await eventually(async () => {
      expect(running.ended, log()).to.equal(undefined);
      expect(await text()).to.equal('Hello, World!');
    });
    const shown = 'jsonpath={.metadata.labels.greeted} {.metadata.finalizers[0]} {.status.greet.done}';
    expect(await said('', 'get', 'greeting', 'g', '-o', shown)).to.equal(
      'yes kopf.zalando.org/KopfFinalizerMarker true',
    );

    await said(greeting('Kubernetes'), 'apply', '-f', '-');
    await eventually(async () => {
      expect(await text()).to.equal('Hello, Kubernetes!');
    });
    const noted = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note', labels: { greeting: 'g' } } };
    await said(JSON.stringify(noted), 'create', '-f', '-');
    await eventually(() => {
      expect(log()).to.contain('Noticed ADDED note');
    });

    await said('', 'delete', 'greeting', 'g', '--timeout=60s');
    expect(log()).to.contain('Farewell to g');
  });
});
