import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../../dist/eventually.js';
import { freePorts } from '../../dist/free-ports.js';
import { kwokAndKarpenter, kwokNodeClassCrd, kwokStages } from '../../dist/strangers/stranger-programs.js';
import { devCluster, type TestCluster } from '../../dist/strangers/test-cluster.js';

const nodeClass = { apiVersion: 'karpenter.kwok.sh/v1alpha1', kind: 'KWOKNodeClass', metadata: { name: 'default' } };

const claim = {
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  metadata: { name: 'machine' },
  spec: {
    nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
    requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['c-4x-amd64-linux'] }],
    resources: { requests: { cpu: '1' } },
  },
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'worker' },
  spec: {
    nodeSelector: { 'node.kubernetes.io/instance-type': 'c-4x-amd64-linux' },
    containers: [{ name: 'worker', image: 'worker:1', resources: { requests: { cpu: '1' } } }],
  },
};

describe('Karpenter with its KWOK provider against devcluster', () => {
  let cluster: TestCluster;
  let log: string;
  before(async function () {
    // A first build takes minutes.
    this.timeout(900_000);
    const programs = kwokAndKarpenter();
    cluster = await devCluster();
    await said('', 'create', '-f', programs['karpenter-crds'], '-f', kwokNodeClassCrd());
    await said('', 'wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s');
    await said(JSON.stringify(nodeClass), 'create', '-f', '-');
    const [metrics, health, server] = await freePorts(3);
    const karpenter = cluster.start('karpenter', programs.karpenter, [], {
      DISABLE_LEADER_ELECTION: 'true',
      METRICS_PORT: String(metrics),
      HEALTH_PROBE_PORT: String(health),
      LOG_LEVEL: 'error',
    });
    log = karpenter.log;
    cluster.start('kwok', programs.kwok, [
      `--kubeconfig=${cluster.kubeconfig}`,
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--node-lease-duration-seconds=40',
      `--server-address=127.0.0.1:${server}`,
      ...kwokStages().map((stage) => `--config=${stage}`),
    ]);
  });
  after(() => cluster.stop());

  async function said(stdin: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await cluster.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err}; karpenter: ${words()}`);
    return out;
  }
  const words = (): string => (log === undefined ? 'not started' : readFileSync(log, 'utf8').slice(-2000));

  it('turns a NodeClaim into a node that is ready, on which a pod runs', async () => {
    await said(JSON.stringify(claim), 'create', '-f', '-');
    await said('', 'wait', 'nodeclaim/machine', '--for=condition=Ready', '--timeout=90s');
    const node = await said('', 'get', 'nodeclaim', 'machine', '-o', 'jsonpath={.status.nodeName}');
    expect(await said('', 'get', 'node', node, '--no-headers')).to.match(/^\S+ +Ready /);
    await said(JSON.stringify(pod), 'create', '-f', '-');
    await said('', 'wait', 'pod/worker', '--for=condition=Ready', '--timeout=60s');
    expect(await said('', 'get', 'pod', 'worker', '-o', 'jsonpath={.spec.nodeName}')).to.equal(node);
  });

  it('drains the node when the claim goes, and takes the node with it', async () => {
    await said('', 'delete', 'nodeclaim', 'machine', '--timeout=90s');
    await eventually(async () => {
      expect(await said('', 'get', 'nodes,nodeclaims,pods', '-o', 'name')).to.equal('');
    });
  });
});
