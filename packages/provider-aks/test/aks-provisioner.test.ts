import { type ClaimOwner, type ClaimRequest, ProvisioningDeferred, type ProvisioningError } from '@kaito-sdk/core';
import { ArmError, type ArmFault, armFaults } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { A100, AksWorld, T4 } from './support/aks-world.js';

const MINUTE = 60_000;
const owner: ClaimOwner = { namespace: 'default', name: 'phi', uid: 'uid-phi' };
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' };
const NODES = { group: '', version: 'v1', plural: 'nodes' };

describe('the AKS provisioner', () => {
  let world: AksWorld;
  afterEach(() => world.stop());

  const wanted = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
    ...world.request,
    name: 'ws000000001',
    owner,
    ...more,
  });
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: ProvisioningError) => `${error.failure} ${error.reason}: ${error.message}`,
    );
  const putOff = async (promise: Promise<unknown>): Promise<ProvisioningDeferred> => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(ProvisioningDeferred.is(error), String(error)).to.equal(true);
    return error as ProvisioningDeferred;
  };
  const turn = async (promise: Promise<unknown>) =>
    (await putOff(promise)).message.match(/^waiting for its turn: (\d+) /)?.[1];
  const puts = () => world.arm.requests.filter((request) => request.startsWith('PUT ')).length;

  describe('what Azure refuses', () => {
    for (const [title, fault, told] of [
      ['a quota', armFaults.quota(), /^quota QuotaExceeded: ErrCode_InsufficientVCPUQuota: Insufficient vcpu quota/],
      [
        'a size that is not sold here',
        armFaults.notOffered(),
        /^unsupported InstanceTypeNotOffered: .*not allowed in your subscription/,
      ],
      ['a role that is missing', armFaults.forbidden(), /^permission NotPermitted: AuthorizationFailed/],
      [
        'a subnet that the identity may not join',
        {
          kind: 'refuse',
          status: 403,
          code: 'LinkedAuthorizationFailed',
          message:
            "The client does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s)",
        },
        /^permission NotPermitted: LinkedAuthorizationFailed: .*subnets\/join\/action/,
      ],
      ['a policy', armFaults.policy(), /^permission DeniedByPolicy: RequestDisallowedByPolicy/],
    ] as const) {
      it(`at once is thrown with its kind and the words of Azure: ${title}`, async () => {
        world = await AksWorld.start();
        const provisioner = await world.connect();
        world.arm.failNext(fault as ArmFault);
        expect(await refusal(provisioner.claim(wanted()))).to.match(told);
        expect(await provisioner.observe(owner), 'nothing was made').to.deep.equal([]);
      });
    }

    for (const [title, fault, failure, reason] of [
      ['a quota', armFaults.quotaLater(), 'quota', 'QuotaIsZero'],
      ['no machine in the region', armFaults.noCapacity(), 'capacity', 'CapacityUnavailable'],
      ['no machine in the zone', armFaults.noZonalCapacity(), 'capacity', 'CapacityUnavailable'],
      [
        'something unheard of',
        { kind: 'fails', code: 'VMExtensionProvisioningError', message: 'odd' },
        'transient',
        'ProvisioningFailed',
      ],
    ] as const) {
      it(`after a while is read from the pool, also by another process: ${title}`, async () => {
        world = await AksWorld.start();
        world.arm.failNext(fault as ArmFault);
        await (await world.connect()).claim(wanted());
        await world.advance(3 * MINUTE);
        const [claim] = await (await world.connect()).observe(owner);
        expect([claim?.phase, claim?.failure, claim?.reason]).to.deep.equal(['failed', failure, reason]);
        expect(claim?.message).to.contain((fault as { code: string }).code);
        expect(claim, 'nothing to wait for').to.not.have.property('lookAgainMs');
      });
    }

    for (const [title, fault, reason] of [
      ['another operation', armFaults.busy(), 'CloudBusy'],
      ['throttling', armFaults.throttled(90), 'Throttled'],
    ] as const) {
      it(`for a while is put off with the reason, and not asked for before its time: ${title}`, async () => {
        world = await AksWorld.start();
        const provisioner = await world.connect();
        world.arm.failNext(fault as ArmFault);
        const deferred = await putOff(provisioner.claim(wanted()));
        expect(deferred.reason).to.equal(reason);
        expect(deferred.afterMs).to.be.within(reason === 'Throttled' ? 90_000 : 30_000, 135_000);
        await world.advance(deferred.afterMs - 1);
        expect((await putOff(provisioner.claim(wanted()))).afterMs).to.equal(1);
        expect(puts(), 'Azure is left alone').to.equal(1);
        await world.advance(1);
        await provisioner.claim(wanted());
        expect((await provisioner.observe(owner))[0]?.reason).to.equal('PoolCreating');
      });
    }

    it('in an outage leaves what is known as it was, and makes nothing twice', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connect();
      await provisioner.claim(wanted());
      await world.advance(MINUTE);
      world.arm.interrupt(new ArmError(503, 'ServiceUnavailable', 'later'));
      expect((await provisioner.observe(owner)).map(({ name }) => name)).to.deep.equal(['ws000000001']);
      expect(await provisioner.observe(owner, { fresh: true })).to.have.length(1);
      world.arm.interrupt(new ArmError(503, 'ServiceUnavailable', 'later'));
      const fresh = await provisioner.observe(owner, { fresh: true }).catch((error: Error) => error.message);
      expect(fresh, 'a fresh answer is never a guess').to.match(/503/);
    });
  });

  describe("the subscription's list of sizes", () => {
    it('keeps a size that is not on it from ever being asked for', async () => {
      world = await AksWorld.start({ skus: [T4] });
      const provisioner = await world.connect();
      const message = /^unsupported InstanceTypeNotOffered: Standard_NC24ads_A100_v4 is not on the list/;
      expect(await refusal(provisioner.claim(wanted({ instanceType: A100 })))).to.match(message);
      expect(
        await refusal(provisioner.offers({ instanceType: A100, nodes: 1, diskBytes: world.request.diskBytes })),
      ).to.match(message);
      expect(puts()).to.equal(0);
      await provisioner.claim(wanted());
      expect(puts()).to.equal(1);
    });

    it('may be out of reach: then one try tells', async () => {
      world = await AksWorld.start({ skus: 'forbidden' });
      const provisioner = await world.connect();
      await provisioner.claim(wanted());
      await provisioner.claim(wanted({ name: 'ws000000002' }));
      expect(puts()).to.equal(2);
      expect(
        world.arm.requests.filter((request) => request.endsWith('/skus')),
        'asked for once',
      ).to.have.length(1);
    });

    it('is read once, and again after hours', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connect();
      const lists = () => world.arm.requests.filter((request) => request.endsWith('/skus')).length;
      const need = { instanceType: T4, nodes: 1, diskBytes: world.request.diskBytes };
      await provisioner.offers(need);
      await provisioner.offers(need);
      expect(lists()).to.equal(1);
      await world.advance(7 * 60 * MINUTE);
      await provisioner.offers(need);
      expect(lists()).to.equal(2);
    });
  });

  describe('beside a gpu-provisioner', () => {
    const install = (metadata: object) =>
      world.cluster.client.create(DEPLOYMENTS, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace: 'kube-system', ...metadata },
        spec: {
          replicas: 0,
          selector: { matchLabels: { a: 'b' } },
          template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      } as never);

    for (const [title, metadata] of [
      ['its name', { name: 'gpu-provisioner' }],
      ['the label of its chart', { name: 'release-1', labels: { 'app.kubernetes.io/name': 'gpu-provisioner' } }],
    ] as const) {
      it(`makes no pool, with three ways out, known by ${title}`, async () => {
        world = await AksWorld.start();
        await install(metadata);
        const provisioner = await world.connect();
        expect(await refusal(provisioner.claim(wanted()))).to.match(
          /^unsupported GpuProvisionerPresent: .*Deployment kube-system\/.*remove it, use the provisioner "karpenter", or set besideGpuProvisioner/,
        );
        expect(puts()).to.equal(0);
      });
    }

    it('makes pools when it is told to, without the key by which they would be collected', async () => {
      world = await AksWorld.start();
      await install({ name: 'gpu-provisioner' });
      const provisioner = await world.connected({ besideGpuProvisioner: 'allow' });
      await provisioner.claim(wanted());
      await world.advance(10 * MINUTE);
      const [claim] = await provisioner.observe(owner);
      const labels = (await world.node(claim?.nodeName ?? ''))?.metadata.labels ?? {};
      expect(labels).to.include({ 'kaito.sh/workspace': 'phi' });
      expect(labels).to.not.have.property('karpenter.sh/nodepool');
    });

    it('refuses a label of the user that would hand the pool over', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connected({ besideGpuProvisioner: 'allow' });
      const labels = { 'karpenter.sh/nodepool': 'mine' };
      expect(await refusal(provisioner.claim(wanted({ labels })))).to.match(
        /^unsupported LabelNotAllowed: .*remove it$/,
      );
      expect(puts()).to.equal(0);
    });
  });

  describe('the queue of a cluster', () => {
    it('asks for no more than may run at once, and takes the others in the order in which they came', async () => {
      world = await AksWorld.start({ maxOperations: 20 });
      const provisioner = await world.connected({ maxOperations: 2 });
      const claim = (ordinal: number) => provisioner.claim(wanted({ name: `ws00000000${ordinal}` }));
      await claim(1);
      await claim(2);
      expect([await turn(claim(3)), await turn(claim(4))]).to.deep.equal(['1', '2']);
      expect([...world.arm.pools.keys()]).to.deep.equal(['ws000000001', 'ws000000002']);
      await world.advance(4 * MINUTE);
      await claim(1).catch(() => undefined);
      // Both running operations have ended; a newcomer still lets the two who wait go before.
      expect(await turn(claim(5))).to.equal('1');
      await claim(4);
      await claim(3);
      expect([...world.arm.pools.keys()].slice(2)).to.deep.equal(['ws000000004', 'ws000000003']);
    });

    it('forgets one that was given up', async () => {
      world = await AksWorld.start({ maxOperations: 20 });
      const provisioner = await world.connected({ maxOperations: 1 });
      const claim = (ordinal: number) => provisioner.claim(wanted({ name: `ws00000000${ordinal}` }));
      await claim(1);
      expect([await turn(claim(2)), await turn(claim(3))]).to.deep.equal(['1', '2']);
      expect(await provisioner.release({ name: 'ws000000002', owner })).to.equal('gone');
      await world.advance(4 * MINUTE);
      await claim(3);
      expect([...world.arm.pools.keys()]).to.deep.equal(['ws000000001', 'ws000000003']);
    });

    it('counts what an earlier process, or anybody else, is doing to the cluster', async () => {
      world = await AksWorld.start({ maxOperations: 20 });
      await (await world.connected({ maxOperations: 1 })).claim(wanted());
      const other = await world.connected({ maxOperations: 1 });
      expect(await turn(other.claim(wanted({ name: 'ws000000002' })))).to.equal('1');
      expect(puts()).to.equal(1);
    });
  });

  describe('giving back', () => {
    it('ends a creation that would never end, and then deletes the pool', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connect();
      world.arm.failNext({ kind: 'stuck' });
      await provisioner.claim(wanted());
      await world.advance(10 * MINUTE);
      expect(await world.cloud.machines()).to.have.length(1);
      expect(await provisioner.release(wanted())).to.equal('going');
      expect(world.arm.requests.at(-1)).to.match(/^POST .*\/ws000000001\/abort$/);
      const [claim] = await provisioner.observe(owner);
      expect([claim?.phase, claim?.reason]).to.deep.equal(['releasing', 'CloudBusy']);
      await world.advance(MINUTE);
      expect(await provisioner.release(wanted())).to.equal('going');
      await world.advance(2 * MINUTE);
      expect(await provisioner.release(wanted())).to.equal('gone');
      expect(await world.cloud.machines()).to.deep.equal([]);
    });

    it('removes a Node that the cloud has left behind, and no other', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connect();
      await provisioner.claim(wanted());
      await world.advance(10 * MINUTE);
      const labels = { agentpool: 'ws000000001', 'kubernetes.azure.com/agentpool': 'ws000000001' };
      await world.cluster.client.create(NODES, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'strange', labels },
      } as never);
      world.arm.failNextDelete({ kind: 'leaves-node' });
      await provisioner.release(wanted());
      await world.advance(5 * MINUTE);
      expect(await provisioner.release(wanted())).to.equal('gone');
      const left = (await world.cluster.client.list(NODES)).items.map(({ metadata }) => metadata.name);
      expect(left).to.deep.equal(['strange']);
    });

    it('says why when Azure will not delete, and keeps the claim in sight', async () => {
      world = await AksWorld.start();
      const provisioner = await world.connect();
      await provisioner.claim(wanted());
      await world.advance(10 * MINUTE);
      world.arm.refuseDeletes(new ArmError(403, 'AuthorizationFailed', 'not allowed to delete'));
      expect(await provisioner.release(wanted())).to.equal('going');
      const [claim] = await provisioner.observe(owner);
      expect([claim?.phase, claim?.reason]).to.deep.equal(['releasing', 'NotPermitted']);
      expect(claim?.message).to.equal('cannot be deleted yet: AuthorizationFailed: not allowed to delete');
      expect(claim?.lookAgainMs).to.be.greaterThan(0);
    });
  });

  it('takes a node for that of a pool only with both pool labels and a machine behind it', async () => {
    world = await AksWorld.start();
    const provisioner = await world.connect();
    world.arm.failNext({ kind: 'never-joins' });
    await provisioner.claim(wanted());
    await world.advance(10 * MINUTE);
    const fake = (name: string, labels: object, spec: object) =>
      world.cluster.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec } as never);
    await fake('one-label', { agentpool: 'ws000000001' }, { providerID: 'azure:///x' });
    await fake('no-machine', { agentpool: 'ws000000001', 'kubernetes.azure.com/agentpool': 'ws000000001' }, {});
    await world.clock.settle();
    expect((await provisioner.observe(owner))[0]?.phase).to.equal('launched');
  });

  it('sends spot, zone, subnet and driver as they were asked for', async () => {
    world = await AksWorld.start();
    const provisioner = await world.connected({ gpuDriver: 'none', vnetSubnetId: '/subnet', tags: { cost: '42' } });
    await provisioner.claim(wanted({ capacityType: 'spot', zone: 'westeurope-2' }));
    expect(world.arm.properties('ws000000001')).to.deep.include({
      scaleSetPriority: 'Spot',
      spotMaxPrice: -1,
      availabilityZones: ['2'],
      vnetSubnetID: '/subnet',
      gpuProfile: { driver: 'None' },
      type: 'VirtualMachineScaleSets',
    });
    await world.advance(10 * MINUTE);
    const [claim] = await provisioner.observe(owner);
    const node = await world.node(claim?.nodeName ?? '');
    expect(node?.metadata.labels).to.include({
      'kubernetes.azure.com/scalesetpriority': 'spot',
      'topology.kubernetes.io/zone': 'westeurope-2',
    });
  });
});
