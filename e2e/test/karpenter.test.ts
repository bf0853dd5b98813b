import {
  bytes,
  type ClaimOwner,
  type ClaimRequest,
  type Condition,
  crdOf,
  DEPLOYMENTS,
  type KubeObject,
  NODES,
  PODS,
  type ResourceKind,
  WORKSPACES,
  Workspace,
} from '@kaito-sdk/core';
import {
  gpuProvisioner,
  KarpenterProvisioner,
  NODE_CLAIMS,
  NODE_POOLS,
  type NodeClassProfile,
  nodeClaim,
  StaticPoolProvisioner,
} from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { installCrd } from '../dist/install-crd.js';
import { Karpenter, LATE_DEVICES, SHOW_DEVICES } from '../dist/karpenter.js';
import { NAME, quickStart, ReferenceOperator } from './support/reference-operator.js';

/** The node class of the one provider that needs no cloud. */
const kwok: NodeClassProfile = {
  name: 'kwok',
  installer: "Karpenter's KWOK provider",
  nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
  nodePool: 'kaito',
  annotations: {},
};

/** Carried by pods that only bring images. */
const PRE_PULL = 'kaito-sdk.dev/pre-pull';

const owner: ClaimOwner = { namespace: 'default', name: 'phi', uid: '6f1c' };
const request: ClaimRequest = {
  name: 'ws0123abcde',
  owner,
  instanceType: 'Standard_NC24ads_A100_v4',
  capacityType: 'on-demand',
  diskBytes: bytes(80 * 2 ** 30),
  labels: { apps: 'phi' },
};

interface ClaimSpec {
  readonly expireAfter?: string;
  readonly [field: string]: unknown;
}

describe('a real Karpenter core', () => {
  let plane: ControlPlane;
  let karpenter: Karpenter;
  let operator: ReferenceOperator;

  before(async () => {
    plane = await ControlPlane.start({ controllerManager: true, scheduler: true });
    operator = new ReferenceOperator(plane);
    karpenter = await Karpenter.start(plane);
    await installCrd(plane.client, crdOf(Workspace));
  });
  after(async () => {
    await karpenter?.stop();
    await plane?.stop();
    operator.verify();
  });
  beforeEach(async () => {
    await karpenter.nodeClass('default');
  });

  const counts = (...resources: readonly ResourceKind[]) => operator.counts(...resources);
  const items = (resource: ResourceKind) => operator.items(resource);
  const conditionOf = (resource: ResourceKind, name: string, type: string) =>
    operator.conditionOf(resource, name, type);

  async function only(resource: ResourceKind): Promise<KubeObject> {
    const [first, ...others] = await items(resource);
    if (first === undefined || others.length > 0)
      throw new Error(`${others.length} ${resource.kind} too many or too few`);
    return first;
  }

  describe('under the NodeClaims that we write', () => {
    afterEach(async () => {
      await plane.kubectl(['delete', 'nodeclaims', '--all', '--wait']);
      expect(await counts(NODE_CLAIMS, NODES)).to.deep.equal([0, 0]);
    });

    /** As the provisioner writes it, with fields of its spec replaced; `undefined` leaves one out. */
    function written(profile: NodeClassProfile, fields: ClaimSpec): KubeObject {
      const claim = nodeClaim(request, profile);
      const spec = Object.entries({ ...(claim.spec as ClaimSpec), ...fields }).filter(
        ([, value]) => value !== undefined,
      );
      return { ...claim, spec: Object.fromEntries(spec) };
    }

    async function claimed(profile: NodeClassProfile, fields: ClaimSpec = {}): Promise<void> {
      const create = ['create', '--validate=strict', '-f', '-'];
      expect(await plane.kubectl(create, JSON.stringify(written(profile, fields)))).to.include({ code: 0, err: '' });
    }

    /** `expireAfter` of a claim as the server would store it. */
    async function stored(fields: ClaimSpec): Promise<unknown> {
      const create = ['create', '--dry-run=server', '-o', 'json', '-f', '-'];
      const { out } = await plane.kubectl(create, JSON.stringify(written(kwok, fields)));
      return (JSON.parse(out) as { spec: ClaimSpec }).spec.expireAfter;
    }

    it('passes its rules, launches, and gives the node the labels of its owner, the taint and the wish to be left alone', async () => {
      await claimed(kwok);
      await eventually(async () =>
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Ready')).to.include({ status: 'True' }),
      );
      const { metadata, spec, status } = await only(NODES);
      expect(metadata.labels).to.include({
        'kaito.sh/workspace': 'phi',
        'kaito.sh/workspacenamespace': 'default',
        'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4',
        apps: 'phi',
      });
      expect(metadata.annotations).to.include({ 'karpenter.sh/do-not-disrupt': 'true' });
      expect(spec).to.deep.include({ taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }] });
      expect(status).to.have.nested.include({ 'allocatable.nvidia\\.com/gpu': '1' });
    });

    it('never finishes the node of a claim that requests storage, which no kubelet reports', async () => {
      await claimed({ ...kwok, diskRequest: 'storage' });
      await eventually(async () => {
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Registered')).to.include({ status: 'True' });
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Initialized')).to.include({
          status: 'Unknown',
          reason: 'ResourceNotRegistered',
        });
      });
    });

    it('leaves a claim alone whose class it does not serve: no finalizer, no condition, no node', async () => {
      const theirs = nodeClaim({ ...request, name: 'wsunserved' }, gpuProvisioner);
      await plane.client.create(NODE_CLAIMS, theirs);
      await claimed(kwok);
      await eventually(async () =>
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Ready')).to.include({ status: 'True' }),
      );
      const ignored = await plane.client.get(NODE_CLAIMS, undefined, 'wsunserved');
      expect(ignored?.metadata.finalizers ?? []).to.deep.equal([]);
      expect(ignored?.status ?? {}).to.deep.equal({});
      expect(await counts(NODES)).to.deep.equal([1]);
    });

    it('leaves the Node of a claim that goes before it joined, for the KWOK provider makes it all the same and nobody takes it away', async () => {
      await karpenter.nodeClass('default', '20s');
      await claimed(kwok);
      await eventually(async () =>
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Launched')).to.include({ status: 'True' }),
      );
      await plane.kubectl(['delete', 'nodeclaims', request.name, '--wait']);
      expect(await counts(NODE_CLAIMS)).to.deep.equal([0]);
      // Nothing of ours runs here. The provider waits in a thread of its own, which the end of the claim does not end.
      const { metadata, spec } = await eventually(() => only(NODES));
      expect(metadata.labels).to.include({ 'kaito.sh/workspace': 'phi' });
      expect(metadata.finalizers ?? []).to.not.include('karpenter.sh/termination');
      expect(metadata.ownerReferences ?? []).to.deep.equal([]);
      const { taints = [] } = spec as { taints?: readonly { key: string }[] };
      expect(taints.map(({ key }) => key)).to.include('karpenter.sh/unregistered');
      // Karpenter looks for claims without a machine when it starts, and for machines without a claim never: that is a provider's to do.
      await karpenter.restart();
      await karpenter.nodeClass('default');
      await claimed(kwok);
      await eventually(async () =>
        expect(await conditionOf(NODE_CLAIMS, request.name, 'Ready')).to.include({ status: 'True' }),
      );
      expect((await items(NODES)).map(({ metadata: { uid } }) => uid)).to.include(metadata.uid);
      await plane.kubectl(['delete', 'node', metadata.name, '--wait']);
    });

    it('takes a node away when its claim expires, left alone or not, and would after 30 days unless told otherwise', async () => {
      expect(await stored({})).to.equal('Never');
      expect(await stored({ expireAfter: undefined })).to.equal('720h');
      await claimed(kwok, { expireAfter: '4s' });
      await eventually(async () => expect(await counts(NODES)).to.deep.equal([1]));
      await eventually(async () => expect(await counts(NODE_CLAIMS, NODES)).to.deep.equal([0, 0]));
    });
  });

  describe('under the reference operator', () => {
    afterEach(async () => {
      await operator.cleared();
      await eventually(async () => expect(await counts(NODE_CLAIMS, NODES, PODS)).to.deep.equal([0, 0, 0]));
    });

    /** With nodes of a class that Karpenter serves. */
    const started = (profile = kwok) =>
      operator.started({ connect: (cluster) => new KarpenterProvisioner(cluster, { profile }) });

    /** The quick-start manifest, on another instance type under another name if one is given. */
    async function applied(instanceType?: string): Promise<void> {
      if (instanceType === undefined) {
        expect((await plane.kubectl(['apply', '-f', quickStart])).err).to.equal('');
        return;
      }
      await plane.client.create(WORKSPACES, {
        apiVersion: 'kaito.sh/v1beta1',
        kind: 'Workspace',
        metadata: { name: NAME, namespace: 'default' },
        resource: { instanceType, labelSelector: { matchLabels: { apps: 'phi-3' } } },
        inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
      });
    }

    const condition = (type: string) => operator.condition(type);
    const ready = () => operator.ready();

    it('gives the quick-start manifest its node, and runs its pod there', async () => {
      const { transport } = await started();
      await applied();
      await ready();
      const { out } = await plane.kubectl(['get', 'workspace', '--no-headers']);
      expect(out).to.match(/^workspace-phi-3-mini +Standard_NC6s_v3 +True +True +True +\d+s\n$/);
      const [claim, node, pod] = await Promise.all([NODE_CLAIMS, NODES, PODS].map(only));
      expect(claim?.status).to.include({ nodeName: node?.metadata.name });
      expect(pod?.spec).to.include({ nodeName: node?.metadata.name });
      expect(pod?.status).to.include({ phase: 'Running' });
      for (const { method, path, status } of transport.writes) expect(status, `${method} ${path}`).to.be.lessThan(300);
    });

    it('takes the workload away before the node, and the Workspace after it', async () => {
      const { transport } = await started();
      await applied();
      await ready();
      transport.take();
      expect(await plane.kubectl(['delete', '-f', quickStart, '--wait'])).to.include({ code: 0 });
      expect(await counts(NODE_CLAIMS, NODES), 'machines, when the Workspace is gone').to.deep.equal([0, 0]);
      await eventually(async () => expect(await counts(DEPLOYMENTS, PODS)).to.deep.equal([0, 0]));
      const order = transport
        .take()
        .map((write) => /^(\w+) .*\/(\w+)\/[^/]+(?:\/status)?$/.exec(write)?.slice(1).join(' '));
      expect(order.indexOf('DELETE deployments')).to.be.within(0, order.indexOf('DELETE nodeclaims'));
    });

    it('says that a node waits for its GPUs while Karpenter calls it ready, and goes on when they show', async () => {
      await started();
      await applied(LATE_DEVICES);
      await eventually(async () =>
        expect(await condition('ResourceReady')).to.include({ status: 'False', reason: 'NodePluginsNotReady' }),
      );
      const claim = await only(NODE_CLAIMS);
      expect(await conditionOf(NODE_CLAIMS, claim.metadata.name, 'Ready')).to.include({ status: 'True' });
      const node = await only(NODES);
      const annotations = { [SHOW_DEVICES]: '1' };
      await plane.client.merge(NODES, undefined, node.metadata.name, { metadata: { annotations } });
      await ready();
    });

    it('ends with the one node it began with when the operator is killed, and Karpenter too, in the middle', async () => {
      await karpenter.nodeClass('default', '3s');
      await started();
      await applied();
      const claim = await eventually(() => only(NODE_CLAIMS));
      operator.killed();
      // Not before the node is there: the delay is held in Karpenter's memory, and with it would go the machine.
      await eventually(() => only(NODES));
      await karpenter.restart();
      await started();
      await ready();
      expect((await only(NODE_CLAIMS)).metadata.uid).to.equal(claim.metadata.uid);
      expect(await counts(NODES, PODS)).to.deep.equal([1, 1]);
    });

    it('has a pending pod that no NodePool of somebody else buys a second node for', async () => {
      await plane.kubectl(['create', '-f', '-'], JSON.stringify(otherPool));
      await started();
      await applied(LATE_DEVICES);
      await eventually(async () => {
        // Beside it there may be the pod that brings its image, which is bound to the node and asks for no GPU.
        const [pod] = (await items(PODS)).filter(({ metadata }) => metadata.labels?.[PRE_PULL] === undefined);
        const { conditions = [] } = (pod?.status ?? {}) as { conditions?: readonly Condition[] };
        expect(conditions.find(({ type }) => type === 'PodScheduled')).to.include({ reason: 'Unschedulable' });
      });
      // The pool serves a pod that takes what it offers, and Karpenter looks at all pending pods at once.
      await plane.kubectl(['create', '-f', '-'], JSON.stringify(otherPod));
      await eventually(async () => expect(await counts(NODE_CLAIMS, NODES)).to.deep.equal([2, 2]));
      await eventually(async () => {
        const live = await plane.client.get(PODS, 'default', otherPod.metadata.name);
        expect(live?.status).to.include({ phase: 'Running' });
      });
      const owners = (await items(NODE_CLAIMS)).map(
        ({ metadata }) => metadata.labels?.['kaito.sh/workspace'] ?? 'pool',
      );
      expect([...owners].sort()).to.deep.equal(['pool', NAME]);
      await plane.kubectl(['delete', 'pod', otherPod.metadata.name, '--wait']);
      await plane.kubectl(['delete', 'nodepool', otherPool.metadata.name, '--wait']);
    });

    it('says in the condition what Karpenter says of an instance type that it does not have', async () => {
      await started();
      await applied('Standard_NC80adis_H100_v5');
      await eventually(async () => {
        const { status, reason, message } = await condition('NodeClaimReady');
        expect({ status, reason }).to.deep.equal({ status: 'False', reason: 'InstanceTypeNotOffered' });
        expect(message).to.include('instance type not found (instance-type=Standard_NC80adis_H100_v5)');
      });
      expect(await counts(NODES)).to.deep.equal([0]);
    });

    it('gives a claim back whose Workspace goes before it joined, and lets both go; what the KWOK provider makes later is its own', async () => {
      await karpenter.nodeClass('default', '20s');
      const { transport } = await started();
      await applied();
      const claim = await eventually(() => only(NODE_CLAIMS));
      await eventually(async () =>
        expect(await conditionOf(NODE_CLAIMS, claim.metadata.name, 'Launched')).to.include({ status: 'True' }),
      );
      expect(await plane.kubectl(['delete', '-f', quickStart, '--wait'])).to.include({ code: 0 });
      expect(await counts(NODE_CLAIMS)).to.deep.equal([0]);
      expect(transport.take().filter((write) => /^DELETE .*\/nodeclaims\//.test(write))).to.have.length(1);
      const left = await eventually(() => only(NODES));
      await plane.kubectl(['delete', 'node', left.metadata.name, '--wait']);
    });

    it('runs on a preferred node and on one that it buys, by the real scheduler, and Karpenter buys no third', async () => {
      const type = 'Standard_NC6s_v3';
      await plane.client.create(NODES, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name: 'own-1',
          labels: { apps: 'phi-3', 'node.kubernetes.io/instance-type': type, 'kubernetes.io/os': 'linux' },
          annotations: { 'kwok.x-k8s.io/node': 'fake' },
        },
      });
      const allocatable = {
        cpu: '6',
        memory: '112Gi',
        pods: '110',
        'ephemeral-storage': '736Gi',
        'nvidia.com/gpu': '1',
      };
      await plane.client.merge(
        NODES,
        undefined,
        'own-1',
        { status: { allocatable, capacity: allocatable } },
        { subresource: 'status' },
      );
      await plane.kubectl(['create', '-f', '-'], JSON.stringify(otherPool));
      await started();
      await eventually(async () => expect(await conditionOf(NODES, 'own-1', 'Ready')).to.include({ status: 'True' }));
      await plane.client.create(WORKSPACES, {
        apiVersion: 'kaito.sh/v1beta1',
        kind: 'Workspace',
        metadata: { name: NAME, namespace: 'default' },
        resource: {
          instanceType: type,
          count: 2,
          labelSelector: { matchLabels: { apps: 'phi-3' } },
          preferredNodes: ['own-1'],
        },
        inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
      });
      await ready();
      const nodes = (await items(PODS)).map(({ spec }) => (spec as { nodeName?: string }).nodeName ?? 'nowhere');
      const all = (await items(NODES)).map(({ metadata }) => metadata.name);
      expect(nodes.sort()).to.deep.equal(all.sort()).and.to.include('own-1');
      expect(await counts(NODE_CLAIMS, NODES)).to.deep.equal([1, 2]);
      await plane.kubectl(['delete', 'workspaces', '--all', '--wait']);
      expect(await counts(NODE_CLAIMS)).to.deep.equal([0]);
      const left = await plane.client.get(NODES, undefined, 'own-1');
      expect(JSON.stringify(left?.metadata), 'its marks').to.not.include('byo.kaito-sdk.dev/claim-');
      await plane.kubectl(['delete', 'nodepool', otherPool.metadata.name, '--wait']);
      await plane.kubectl(['delete', 'node', 'own-1', '--wait']);
    });

    describe('with static NodePools', () => {
      const pooled = () =>
        operator.started({ connect: (cluster) => new StaticPoolProvisioner(cluster, { profile: kwok }) });

      // An operator that looks at NodeClaims alone would give back the machines of a pool, and Karpenter would make them anew.
      afterEach(async () => {
        await operator.ended();
        await pooled();
        await plane.kubectl(['delete', 'workspaces', '--all', '--wait']);
        await operator.ended();
        expect(await counts(NODE_POOLS, NODE_CLAIMS)).to.deep.equal([0, 0]);
      });

      it('gives the quick-start manifest a pool of one, and takes workload, machine, pool and Workspace away in that order', async () => {
        const { transport } = await pooled();
        await applied();
        await ready();
        const pool = await only(NODE_POOLS);
        expect(pool.spec).to.include({ replicas: 1 });
        const [claim, node, pod] = await Promise.all([NODE_CLAIMS, NODES, PODS].map(only));
        expect(claim?.metadata.labels).to.include({ 'karpenter.sh/nodepool': pool.metadata.name });
        expect(pod?.spec).to.include({ nodeName: node?.metadata.name });
        for (const { method, path, status } of transport.writes)
          expect(status, `${method} ${path}`).to.be.lessThan(300);
        transport.take();
        expect(await plane.kubectl(['delete', '-f', quickStart, '--wait'])).to.include({ code: 0 });
        expect(await counts(NODE_POOLS, NODE_CLAIMS, NODES), 'when the Workspace is gone').to.deep.equal([0, 0, 0]);
        const order = transport
          .take()
          .map((write) => /^(\w+) .*\/(\w+)\/[^/]+(?:\/status)?$/.exec(write)?.slice(1).join(' '));
        const at = (write: string) => order.indexOf(write);
        expect(at('DELETE deployments')).to.be.within(0, at('DELETE nodeclaims'));
        expect(at('DELETE nodeclaims')).to.be.lessThan(at('DELETE nodepools'));
      });

      it('gets a machine that somebody takes away back from Karpenter, without asking for it', async () => {
        const { transport } = await pooled();
        await applied();
        await ready();
        transport.take();
        const old = await only(NODE_CLAIMS);
        await plane.kubectl(['delete', 'nodeclaims', '--all', '--wait']);
        await eventually(async () => {
          expect((await only(NODE_CLAIMS)).metadata.uid).to.not.equal(old.metadata.uid);
          expect(await condition('WorkspaceReady')).to.include({ status: 'True' });
        });
        expect(transport.take().filter((write) => write.includes('/nodepools'))).to.deep.equal([]);
      });

      it('ends with the one machine it began with when the operator and Karpenter are killed in the middle', async () => {
        await karpenter.nodeClass('default', '3s');
        await pooled();
        await applied();
        await eventually(() => only(NODE_CLAIMS));
        operator.killed();
        await eventually(() => only(NODES));
        await karpenter.restart();
        await pooled();
        await ready();
        expect(await counts(NODE_POOLS, NODE_CLAIMS, NODES, PODS)).to.deep.equal([1, 1, 1, 1]);
      });
    });

    it('asks once for a node of a class that is missing, which Karpenter takes back, and says so', async () => {
      const { transport } = await started({ ...kwok, nodeClassRef: { ...kwok.nodeClassRef, name: 'missing' } });
      await applied();
      await eventually(async () => {
        const { status, message } = await condition('NodeClaimReady');
        expect(status).to.equal('False');
        expect(message).to.match(/node class/i);
      });
      await eventually(async () => expect(await counts(NODE_CLAIMS, NODES)).to.deep.equal([0, 0]));
      const asked = transport.take().filter((write) => /^POST .*\/nodeclaims$/.test(write));
      expect(asked).to.have.lengthOf.at.most(1);
    });
  });
});

/** A pool of somebody else that makes nodes with the user's own label, as pods need them. */
const otherPool = {
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodePool',
  metadata: { name: 'general' },
  spec: {
    template: {
      metadata: { labels: { apps: 'phi-3' } },
      spec: {
        nodeClassRef: kwok.nodeClassRef,
        requirements: [
          { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_NC24ads_A100_v4'] },
        ],
        taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
      },
    },
  },
};

const otherPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'notebook', namespace: 'default' },
  spec: {
    nodeSelector: { apps: 'phi-3' },
    tolerations: [{ key: 'sku', operator: 'Exists' }],
    containers: [{ name: 'notebook', image: 'notebook:1', resources: { limits: { 'nvidia.com/gpu': '1' } } }],
  },
};
