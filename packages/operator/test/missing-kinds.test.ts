import { nodeClaimCrd } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { NODE_CLAIMS, phiWorkspace, World } from './support/world.js';

const MINUTE = 60_000;
const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };

describe('the operator where something that Karpenter needs is missing, in virtual time', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.stop());

  const settings = (config: object) => ({
    config: { '@kaito-sdk/provider-karpenter': { retired: 'warn', ...config } },
  });
  const reason = async () => {
    const { status, reason, message } = (await world.condition('NodeClaimReady')) ?? {};
    return { status, reason, message: message?.replace(/^node ws\w{9} /, 'NODE ') };
  };
  const asked = () => world.wire.writes.filter((write) => /^POST .*\/(nodeclaims|nodepools|machines)$/.test(write));

  it('starts without the CRD of NodeClaims, says what is missing, and goes on within a minute of its installation', async () => {
    world = await World.start({ karpenter: false });
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(10 * MINUTE);
    expect(await reason()).to.deep.equal({
      status: 'False',
      reason: 'NodeClaimCrdMissing',
      message:
        "NODE (Standard_NC6s_v3) is not asked for yet: the cluster serves no NodeClaim in karpenter.sh/v1 (CustomResourceDefinition nodeclaims.karpenter.sh), so no node can be asked for: install gpu-provisioner's Helm chart; it is looked for again each minute",
    });
    expect((await world.workspace())?.status?.attempts ?? [], 'nothing was tried').to.deep.equal([]);
    expect(asked()).to.deep.equal([]);

    await world.cluster.client.create(CRDS, nodeClaimCrd as never);
    await world.clock.advance(2 * MINUTE);
    expect(asked()).to.have.length(1);
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
  });

  it('says it again when the CRD is taken away under the claims, and lets the Workspace go', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.cluster.client.delete(CRDS, undefined, 'nodeclaims.karpenter.sh');
    await world.clock.advance(10 * MINUTE);
    expect(await reason()).to.deep.include({ status: 'False', reason: 'NodeClaimCrdMissing' });
    await world.delete();
    await world.clock.advance(MINUTE);
    expect(await world.workspace()).to.equal(undefined);
  });

  for (const [object, profile, crd] of [
    ['NodePool', 'kwok', 'NodePoolCrdMissing'],
    ['Machine', 'gpu-provisioner', 'MachineCrdMissing'],
  ] as const) {
    it(`names the CRD of ${object} where that is what is asked for`, async () => {
      world = await World.start({}, {}, settings({ object, profile }));
      await world.operate();
      await world.apply(phiWorkspace());
      await world.clock.advance(MINUTE);
      expect(await reason()).to.deep.include({ status: 'False', reason: crd });
      expect(asked()).to.deep.equal([]);
    });
  }

  it('asks for nothing of a node class whose kind no Karpenter here brings', async () => {
    world = await World.start({}, {}, settings({ profile: 'aws' }));
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(MINUTE);
    expect(await reason()).to.deep.include({ status: 'False', reason: 'NodeClassUnknown' });
    expect((await reason()).message).to.match(/serves no EC2NodeClass of karpenter\.k8s\.aws: install the Karpenter/);
    expect(asked()).to.deep.equal([]);
  });

  it('gives up at its deadline a claim that nobody takes up, and says who should have', async () => {
    // A class of one's own without a version is not looked up.
    const nodeClass = { group: 'acme.example', kind: 'AcmeClass', name: 'gpu' };
    world = await World.start({}, {}, settings({ nodeClass }));
    await world.cluster.controller('karpenter').pause();
    await world.operate();
    await world.apply(phiWorkspace());
    await world.clock.advance(MINUTE);
    expect((await reason()).message).to.match(/no controller has taken it up: does one run that serves AcmeClass/);
    await world.clock.advance(20 * MINUTE);
    const [attempt] = (await world.workspace())?.status?.attempts ?? [];
    expect(attempt).to.deep.include({ failure: 'deadline', reason: 'NodeLaunchOverdue' });
    expect(attempt?.message).to.match(/no machine after 20 minutes: no controller has taken it up/);
  });
});
