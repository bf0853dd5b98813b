import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { helm } from '../../dist/strangers/stranger-programs.js';
import { devCluster, realCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

const chart = fileURLToPath(new URL('../../charts/shop', import.meta.url));

const clusters: Record<string, () => Promise<TestCluster>> = {
  'kube-apiserver': realCluster,
  devcluster: () => devCluster({ nodes: [{ name: 'node-1' }] }),
};

for (const [server, start] of Object.entries(clusters)) {
  describe(`Helm against ${server}`, () => {
    let cluster: TestCluster;
    let program: string;
    before(async function () {
      // A first build takes minutes.
      this.timeout(900_000);
      program = helm();
      cluster = await start();
    });
    after(() => cluster.stop());

    async function said(...args: string[]): Promise<string> {
      const home = (part: string): string => join(cluster.folder, 'helm', part);
      const env = { HELM_CACHE_HOME: home('cache'), HELM_CONFIG_HOME: home('config'), HELM_DATA_HOME: home('data') };
      const { code, out, err } = await cluster.run(program, args, '', env);
      if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${err}`);
      return out;
    }
    const kubectl = async (...args: string[]): Promise<string> => {
      const { code, out, err } = await cluster.kubectl(args);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}`);
      return out;
    };
    const data = (): Promise<string> => kubectl('get', 'configmap', 'shop', '-o', 'jsonpath={.data}');

    it('installs a chart with its hook and waits for it', async () => {
      expect(await said('install', 'shop', chart, '--wait', '--timeout=60s')).to.match(/^STATUS: deployed$/m);
      expect(await kubectl('get', 'job', 'shop-before', '-o', 'jsonpath={.status.succeeded}')).to.equal('1');
      expect(await kubectl('get', 'deployment', 'shop', '-o', 'jsonpath={.status.readyReplicas}')).to.equal('2');
      expect(await data()).to.equal('{"greeting":"hello","revision":"1"}');
      expect(JSON.parse(await said('list', '-o', 'json'))[0]).to.include({
        name: 'shop',
        revision: '1',
        status: 'deployed',
      });
    });

    it('upgrades it, and takes away what the new values leave out', async () => {
      await said('upgrade', 'shop', chart, '--set', 'replicas=3,cache=false,greeting=hi', '--wait', '--timeout=60s');
      expect(await data()).to.equal('{"greeting":"hi","revision":"2"}');
      expect(await kubectl('get', 'deployment', 'shop', '-o', 'jsonpath={.status.readyReplicas}')).to.equal('3');
      expect(await kubectl('get', 'configmaps', '-o', 'name')).not.to.contain('shop-cache');
    });

    it('rolls back, and knows its history', async () => {
      await said('rollback', 'shop', '1', '--wait', '--timeout=60s');
      expect(await data()).to.equal('{"greeting":"hello","revision":"1"}');
      expect(await kubectl('get', 'configmap', 'shop-cache', '-o', 'name')).to.equal('configmap/shop-cache\n');
      const history = JSON.parse(await said('history', 'shop', '-o', 'json')) as { revision: number; status: string }[];
      expect(history.map(({ revision, status }) => `${revision} ${status}`)).to.deep.equal([
        '1 superseded',
        '2 superseded',
        '3 deployed',
      ]);
    });

    it('uninstalls everything', async () => {
      expect(await said('uninstall', 'shop', '--wait', '--timeout=60s')).to.equal('release "shop" uninstalled\n');
      expect(await said('list', '-q')).to.equal('');
      for (const kind of ['deployment', 'service', 'serviceaccount', 'configmap']) {
        expect(await kubectl('get', kind, '--field-selector=metadata.name=shop', '-o', 'name')).to.equal('');
      }
    });
  });
}
