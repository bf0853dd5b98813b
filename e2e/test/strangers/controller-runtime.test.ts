import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { controllerRuntimeProgram } from '../../dist/strangers/stranger-programs.js';
import { devCluster, realCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';
import { widget, widgetCrd } from '../../dist/widgets.js';

// Its client sends built-in kinds as protobuf, here the ConfigMaps that the controller makes.
const clusters: Record<string, () => Promise<TestCluster>> = { 'kube-apiserver': realCluster, devcluster: devCluster };

for (const [server, start] of Object.entries(clusters)) {
  describe(`a controller on controller-runtime against ${server}`, () => {
    let cluster: TestCluster;
    let built: string;
    before(async function () {
      // A first build takes minutes.
      this.timeout(900_000);
      built = controllerRuntimeProgram();
      cluster = await start();
      await said(JSON.stringify(widgetCrd), 'create', '-f', '-');
      await said('', 'wait', 'crd/widgets.ex.io', '--for=condition=Established', '--timeout=60s');
    });
    after(() => cluster.stop());

    async function said(stdin: string, ...args: string[]): Promise<string> {
      const { code, out, err } = await cluster.kubectl(args, stdin);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}`);
      return out;
    }
    const phases = (): Promise<string> => said('', 'get', 'widgets.ex.io', '-o', 'jsonpath={.items[*].status.phase}');

    it('sees what was there before it and what comes later, owns what it makes, and makes it again', async () => {
      await said(JSON.stringify(widget('early', 1)), 'create', '-f', '-');
      const program = cluster.start('widget-controller', built, ['-workers', '4']);
      await eventually(async () => {
        expect(program.ended).to.equal(undefined);
        expect(await phases()).to.equal('Ready');
      });
      await said(JSON.stringify(widget('late', 2)), 'create', '-f', '-');
      await said('', 'wait', 'widget/late', '--for=jsonpath={.status.phase}=Ready', '--timeout=60s');
      const owner = 'jsonpath={.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name} {.data.size}';
      expect(await said('', 'get', 'configmap', 'late', '-o', owner)).to.equal('Widget/late 2');

      await said('', 'delete', 'configmap', 'late');
      await eventually(async () => {
        expect(await said('', 'get', 'configmap', 'late', '-o', owner)).to.equal('Widget/late 2');
      });
    });
  });
}

describe('the caches of controller-runtime against devcluster', () => {
  let cluster: TestCluster;
  let built: string;
  before(async function () {
    this.timeout(900_000);
    built = controllerRuntimeProgram();
    cluster = await devCluster();
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cached' } };
    expect((await cluster.kubectl(['create', '-f', '-'], JSON.stringify(map))).err).to.equal('');
  });
  after(() => cluster.stop());

  for (const mode of ['cache', 'metadata']) {
    it(`fills a cache (${mode === 'cache' ? 'whole objects' : 'metadata alone'})`, async () => {
      const args = ['-mode', mode, '-expect', '0'];
      const program = cluster.start(`cache-${mode}`, built, args);
      await eventually(() => {
        expect(program.ended).to.equal(undefined);
        expect(readFileSync(program.log, 'utf8')).to.contain('"at":"synced"');
      });
      program.kill();
      await program.gone;
    });
  }
});
