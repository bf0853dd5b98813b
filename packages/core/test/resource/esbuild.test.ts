import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CONFIG_MAPS, type KubeObject, type Operator, type OperatorOptions } from '@kaito-sdk/core/engine';
import { TestCluster } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { crdOf, validate } from '../../dist/resource/index.js';

const root = new URL('../../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The exports of a source file as esbuild leaves it, which emits no `design:type` and defines fields as the language does. */
async function transpiled(path: string): Promise<Record<string, unknown>> {
  const { code } = transformSync(read(path), {
    loader: 'ts',
    target: 'es2023',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: true } },
  });
  expect(code).to.not.contain('design:type');
  // Beside this test, where the imports of the test's own fixtures lead to the same places.
  const at = new URL(`./transpiled-by-esbuild-${path.split('/').at(-1)}.js`, import.meta.url);
  writeFileSync(at, code);
  try {
    return await import(at.href);
  } finally {
    rmSync(at);
  }
}

describe('under esbuild, which emits no metadata', () => {
  it('a class with every decorator gives the CRD that it gives under tsc, and is validated', async () => {
    const { Widget } = (await transpiled('packages/core/test/resource/widget.ts')) as { Widget: new () => object };
    expect(crdOf(Widget)).to.deep.equal(JSON.parse(read('packages/core/test/resource/widget-crd.golden.json')));
    const errors = validate(Widget, { spec: { enabled: 'yes' } });
    expect(errors.map(({ field }) => field)).to.deep.equal(['spec.enabled']);
  });

  it('an operator with declared controllers runs', async () => {
    const { greetingOperator, GREETINGS } = (await transpiled('examples/custom-operator/greeting-operator.ts')) as {
      greetingOperator: (parts: Pick<OperatorOptions, 'transport' | 'clock' | 'random'>) => Operator;
      GREETINGS: typeof CONFIG_MAPS;
    };
    const crd = JSON.parse(read('examples/custom-operator/greeting-crd.json')) as KubeObject;
    const cluster = await TestCluster.start({ crds: [crd] });
    await cluster.run(greetingOperator);
    const greeting = { apiVersion: 'example.com/v1', kind: 'Greeting', metadata: { name: 'a', namespace: 'default' } };
    await cluster.client.create(GREETINGS, { ...greeting, spec: { name: 'you' } });
    await cluster.advance(1000);
    const made = await cluster.client.get(CONFIG_MAPS, 'default', 'a');
    await cluster.stop();
    expect(made?.data).to.deep.equal({ text: 'Hello, you!' });
  });
});
