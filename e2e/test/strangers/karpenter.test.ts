import { readFileSync } from 'node:fs';
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

  it('ends at its start, because there are no VolumeAttachments', async () => {
    const [metrics, health] = await freePorts(2);
    const karpenter = cluster.start('karpenter', programs.karpenter, [], {
      DISABLE_LEADER_ELECTION: 'true',
      METRICS_PORT: String(metrics),
      HEALTH_PROBE_PORT: String(health),
    });
    await eventually(() => {
      expect(karpenter.ended).to.equal('exit 2');
    });
    expect(readFileSync(karpenter.log, 'utf8')).to.contain(
      'no matches for kind "VolumeAttachment" in version "storage.k8s.io/v1"',
    );
  });
});
