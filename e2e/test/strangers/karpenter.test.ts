import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { freePorts } from '../../dist/free-ports.js';
import { kwokAndKarpenter, kwokNodeClassCrd } from '../../dist/strangers/stranger-programs.js';
import { devCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

describe('Karpenter with its KWOK provider against devcluster', () => {
  let cluster: TestCluster;
  let programs: ReturnType<typeof kwokAndKarpenter>;
  before(async function () {
    // A first build takes minutes.
    this.timeout(900_000);
    programs = kwokAndKarpenter();
    cluster = await devCluster();
  });
  after(() => cluster.stop());

  it('finds its CustomResourceDefinitions accepted and established, all of them', async () => {
    const made = await cluster.kubectl(['create', '-f', programs['karpenter-crds'], '-f', kwokNodeClassCrd()]);
    expect(made.code, made.err).to.equal(0);
    const args = ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s'];
    expect((await cluster.kubectl(args)).out.match(/condition met/g)).to.have.length(5);
  });

  it('launches a NodeClaim, sees its node join, and takes both away again', async () => {
    const [metrics = 0, health = 0, kwok = 0] = await freePorts(3);
    const data = (file: string): string => fileURLToPath(new URL(`../../karpenter/${file}`, import.meta.url));
    cluster.start('kwok', programs.kwok, [
      `--kubeconfig=${cluster.kubeconfig}`,
      `--config=${data('stages.yaml')}`,
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--cidr=10.7.0.1/16',
      '--node-ip=10.7.0.1',
      `--server-address=127.0.0.1:${kwok}`,
    ]);
    const karpenter = cluster.start('karpenter', programs.karpenter, [
      '--disable-leader-election=true',
      `--metrics-port=${metrics}`,
      `--health-probe-port=${health}`,
      `--instance-types-file-path=${data('instance-types.json')}`,
    ]);
    const said = async (args: string[], stdin?: string): Promise<string> => {
      expect(karpenter.ended, readFileSync(karpenter.log, 'utf8')).to.equal(undefined);
      const { code, out, err } = await cluster.kubectl(args, stdin);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}`);
      return out;
    };
    const types = JSON.parse(readFileSync(data('instance-types.json'), 'utf8')) as { name: string }[];
    const nodeClass = {
      apiVersion: 'karpenter.kwok.sh/v1alpha1',
      kind: 'KWOKNodeClass',
      metadata: { name: 'default' },
      spec: {},
    };
    const claim = {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodeClaim',
      metadata: { name: 'claim' },
      spec: {
        nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
        requirements: [
          { key: 'node.kubernetes.io/instance-type', operator: 'In', values: [types[0]?.name] },
          { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
        ],
      },
    };
    await said(['create', '-f', '-'], JSON.stringify(nodeClass));
    await said(['create', '-f', '-'], JSON.stringify(claim));
    await eventually(async () => {
      const types = 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type} {end}';
      expect(await said(['get', 'nodeclaim', 'claim', '-o', types])).to.match(/\bReady\b/);
    });
    const node = await said(['get', 'nodeclaim', 'claim', '-o', 'jsonpath={.status.nodeName}']);
    expect(await said(['get', 'node', node, '--no-headers'])).to.match(/ Ready /);
    await said(['delete', 'nodeclaim', 'claim', '--timeout=60s']);
    await eventually(async () => {
      expect(await said(['get', 'nodes', '-o', 'name'])).to.equal('');
    });
  });
});
