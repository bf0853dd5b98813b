import { join } from 'node:path';
import {
  crdOf,
  DEPLOYMENTS,
  type KubeObject,
  NODES,
  PODS,
  type ResourceKind,
  SERVICES,
  WORKSPACES,
  Workspace,
} from '@kaito-sdk/core';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { installCrd } from '../dist/install-crd.js';
import { programs } from '../dist/programs.js';
import { NODE_CLAIMS, SimulatedCloud } from '../dist/simulated-cloud.js';
import { NAME, quickStart, ReferenceOperator, type StartOptions } from './support/reference-operator.js';

/** KAITO's finalizer has no slash in its name, and Workspaces that KAITO made carry it. */
const EXPECTED_WARNINGS = /^$|"workspace\.finalizer\.kaito\.sh\\": prefer a domain-qualified finalizer name/;

const POLICY = 'no-machines';
const policyKind = (kind: string, plural: string): ResourceKind => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});
const POLICY_KINDS = [
  policyKind('ValidatingAdmissionPolicy', 'validatingadmissionpolicies'),
  policyKind('ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings'),
];

describe('the reference operator on a real control plane', () => {
  let plane: ControlPlane;
  let cloud: SimulatedCloud;
  let operator: ReferenceOperator;

  before(async () => {
    plane = await ControlPlane.start({ controllerManager: true, scheduler: true });
    const crd = join(programs()['karpenter-crds'], 'karpenter.sh_nodeclaims.yaml');
    expect(await plane.kubectl(['apply', '--server-side', '-f', crd])).to.include({ code: 0 });
    await installCrd(plane.client, crdOf(Workspace));
    operator = new ReferenceOperator(plane);
    cloud = new SimulatedCloud(plane.connect());
    await cloud.start();
  });
  after(async () => {
    await cloud?.stop();
    await plane?.stop();
    operator.verify();
  });
  afterEach(async () => {
    cloud.withoutDevices = false;
    await operator.cleared();
  });

  const started = (options?: StartOptions) => operator.started(options);
  const condition = (type: string, name?: string) => operator.condition(type, name);
  const ready = () => operator.ready();
  const count = async (resource: ResourceKind) => (await operator.items(resource)).length;

  async function workspace(name = NAME): Promise<KubeObject> {
    const live = await plane.client.get(WORKSPACES, 'default', name);
    if (live === undefined) throw new Error(`there is no Workspace ${name}`);
    return live;
  }

  it('makes the quick-start manifest ready, and shows it in the columns that people know', async () => {
    await started();
    expect((await plane.kubectl(['apply', '-f', quickStart])).err).to.equal('');
    await ready();
    const { out } = await plane.kubectl(['get', 'workspace']);
    expect(out).to.match(
      /^NAME +INSTANCE +RESOURCEREADY +INFERENCEREADY +WORKSPACEREADY +AGE\nworkspace-phi-3-mini +Standard_NC6s_v3 +True +True +True +\d+s\n$/,
    );
    const service = await plane.kubectl(['get', 'svc', NAME, '--no-headers']);
    expect(service.out).to.match(
      /^workspace-phi-3-mini +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP,29500\/TCP +\d+s\n$/,
    );
    const slices = await plane.kubectl([
      'get',
      'endpointslices',
      '-o',
      'jsonpath={.items[*].endpoints[*].addresses[0]}',
    ]);
    expect(slices.out).to.equal('10.7.0.2');
    expect(await Promise.all([NODE_CLAIMS, NODES, DEPLOYMENTS, PODS].map(count))).to.deep.equal([1, 1, 1, 1]);
  });

  it('writes nothing that the server refuses, warns about or would drop a field of', async () => {
    const { transport } = await started();
    await plane.kubectl(['apply', '-f', quickStart]);
    await ready();
    await operator.ended();
    const kinds = transport.writes.map(
      ({ path }) => /\/(services|deployments|nodeclaims|workspaces|events)\b/.exec(path)?.[1],
    );
    expect(kinds).to.include.members(['services', 'deployments', 'nodeclaims', 'workspaces', 'events']);
    for (const { method, path, query, status, warning } of transport.writes) {
      const write = `${method} ${path}`;
      expect(query.get('fieldValidation'), write).to.equal('Strict');
      expect(status, write).to.be.lessThan(300);
      expect(warning ?? '', write).to.match(EXPECTED_WARNINGS);
    }
  });

  it('is quiet once a Workspace is ready, and writes nothing when it starts over it', async () => {
    await started();
    await plane.kubectl(['apply', '-f', quickStart]);
    await ready();
    const before = await workspace();
    await refusedWorkspace('barrier');
    await operator.ended();
    expect((await workspace()).metadata.resourceVersion).to.equal(before.metadata.resourceVersion);

    const second = await started();
    await refusedWorkspace('another-barrier');
    await operator.ended();
    const others = second.transport.take().filter((write) => !write.includes('barrier'));
    expect(others).to.deep.equal([]);
  });

  it('starts the workload on a machine that has joined, and is ready when its GPUs show', async () => {
    cloud.withoutDevices = true;
    await started();
    await plane.kubectl(['apply', '-f', quickStart]);
    await eventually(async () => {
      const { items } = await plane.client.list(PODS, { namespace: 'default' });
      const { conditions = [] } = (items[0]?.status ?? {}) as { conditions?: { reason: string; message: string }[] };
      expect(conditions[0]).to.include({ reason: 'Unschedulable' });
      expect(conditions[0]?.message).to.include('1 Insufficient nvidia.com/gpu');
    });
    await eventually(async () =>
      expect(await condition('ResourceReady')).to.include({ reason: 'NodePluginsNotReady' }),
    );
    await cloud.showDevices();
    await ready();
  });

  it('leaves nothing behind of a Workspace that is deleted', async () => {
    await started();
    await plane.kubectl(['apply', '-f', quickStart]);
    await ready();
    expect(await plane.kubectl(['delete', '-f', quickStart, '--wait'])).to.include({ code: 0 });
    expect(await Promise.all([NODE_CLAIMS, NODES].map(count)), 'machines, when the Workspace is gone').to.deep.equal([
      0, 0,
    ]);
    await eventually(async () =>
      expect(await Promise.all([SERVICES, DEPLOYMENTS, PODS].map(count))).to.deep.equal([0, 0, 0]),
    );
  });

  it('asks for no machine of a type that it does not know, and says what there is', async () => {
    const { transport } = await started();
    await refusedWorkspace('unknown-type');
    const { reason, message } = await condition('Planned', 'unknown-type');
    expect(reason).to.match(/^[A-Z]\w+$/);
    expect(message).to.include('resource.instanceType').and.to.include('Standard_NC6s_v4');
    expect(await count(NODE_CLAIMS)).to.equal(0);
    expect(transport.take().filter((write) => !write.includes('/workspaces/'))).to.deep.equal([]);
  });

  it('says what an admission policy refuses that no phase expects, and takes it back when the policy is gone', async () => {
    await refuseMachines();
    try {
      await started();
      await plane.kubectl(['apply', '-f', quickStart]);
      await eventually(async () => {
        const { status, reason, message } = await condition('Reconciled');
        expect({ status, reason }).to.deep.equal({ status: 'False', reason: 'RequestRefused' });
        expect(message).to.match(
          /^asking for nodes: POST \S+\/nodeclaims\S* was refused \(422 Invalid\): .*no machines today/,
        );
      });
      expect(await condition('WorkspaceReady')).to.include({ status: 'False', reason: 'workspacePending' });
    } finally {
      for (const kind of POLICY_KINDS) await plane.client.delete(kind, undefined, POLICY);
    }
    // A person that has mended it need not wait for the next try: whatever is changed wakes the operator.
    await eventually(async () => {
      await plane.kubectl(['label', 'workspace', NAME, `tried=${Date.now()}`, '--overwrite']);
      expect(await condition('WorkspaceReady')).to.include({ status: 'True' });
    });
    const { conditions = [] } = (await workspace()).status as { readonly conditions?: readonly { type: string }[] };
    expect(conditions.map(({ type }) => type)).to.not.include('Reconciled');
  });

  it('brings back a Service, a Deployment and a machine that somebody takes away', async () => {
    await started();
    await plane.kubectl(['apply', '-f', quickStart]);
    await ready();
    const old = await plane.client.list(NODE_CLAIMS);
    await plane.client.delete(SERVICES, 'default', NAME);
    await plane.client.delete(DEPLOYMENTS, 'default', NAME);
    await plane.kubectl(['delete', 'nodeclaims', '--all', '--wait']);
    await eventually(async () => {
      expect(await Promise.all([NODE_CLAIMS, NODES, SERVICES, DEPLOYMENTS].map(count))).to.deep.equal([1, 1, 1, 1]);
      const [claim] = (await plane.client.list(NODE_CLAIMS)).items;
      expect(claim?.metadata.uid).to.not.equal(old.items[0]?.metadata.uid);
      expect(await condition('WorkspaceReady')).to.include({ status: 'True' });
    });
  });

  it('ends in the same state after whichever of its writes it crashes', async function () {
    this.timeout(300_000);
    let crashes = 0;
    for (let writes = 1; ; writes += 1) {
      const { transport } = await started({ crashAfter: writes });
      await plane.kubectl(['apply', '-f', quickStart]);
      const finished = await eventually(async () => {
        if (transport.cut) return false;
        expect(await condition('WorkspaceReady')).to.include({ status: 'True' });
        return true;
      });
      operator.killed();

      await started();
      await ready();
      const left = await Promise.all([NODE_CLAIMS, NODES, SERVICES, DEPLOYMENTS, PODS].map(count));
      expect(left, `after write ${writes}, ${transport.writes.at(-1)?.path}`).to.deep.equal([1, 1, 1, 1, 1]);
      expect(await plane.kubectl(['delete', '-f', quickStart, '--wait'])).to.include({ code: 0 });
      await eventually(async () => expect(await count(PODS)).to.equal(0));
      expect(await Promise.all([NODE_CLAIMS, NODES].map(count))).to.deep.equal([0, 0]);
      await operator.ended();
      if (finished) break;
      crashes += 1;
    }
    expect(crashes).to.be.greaterThan(4);
  });

  it('finishes a deletion after whichever of its writes it crashes', async function () {
    this.timeout(300_000);
    for (let writes = 1; ; writes += 1) {
      await started();
      await plane.kubectl(['apply', '-f', quickStart]);
      await ready();
      await operator.ended();

      await plane.kubectl(['delete', '-f', quickStart, '--wait=false']);
      const { transport } = await started({ crashAfter: writes });
      const finished = await eventually(async () => {
        if (transport.cut) return false;
        expect(await count(WORKSPACES)).to.equal(0);
        return true;
      });
      operator.killed();

      await started();
      await eventually(async () => {
        const left = await Promise.all([WORKSPACES, NODE_CLAIMS, NODES, SERVICES, DEPLOYMENTS, PODS].map(count));
        expect(left, `after write ${writes}, ${transport.writes.at(-1)?.path}`).to.deep.equal([0, 0, 0, 0, 0, 0]);
      });
      await operator.ended();
      if (finished) return;
    }
  });

  /** An admission policy that is against every NodeClaim; resolves when it is. */
  async function refuseMachines(): Promise<void> {
    const resourceRules = [
      { apiGroups: ['karpenter.sh'], apiVersions: ['*'], resources: ['nodeclaims'], operations: ['CREATE'] },
      { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] },
    ];
    // A probe of another kind, since a NodeClaim that comes through would be a machine.
    const validation = {
      expression: "object.kind != 'NodeClaim' && object.metadata.name != 'probe'",
      message: 'no machines today',
    };
    const specs = [
      { failurePolicy: 'Fail', matchConstraints: { resourceRules }, validations: [validation] },
      { policyName: POLICY, validationActions: ['Deny'] },
    ];
    for (const [index, kind] of POLICY_KINDS.entries()) {
      const head = { apiVersion: 'admissionregistration.k8s.io/v1', kind: kind.kind, metadata: { name: POLICY } };
      await plane.client.create(kind, { ...head, spec: specs[index] });
    }
    await eventually(async () => {
      const { err } = await plane.kubectl(['create', 'configmap', 'probe', '--dry-run=server']);
      expect(err).to.include('no machines today');
    });
  }

  /** A Workspace on machines that nobody has; resolves when the operator has looked at it. */
  async function refusedWorkspace(name: string): Promise<void> {
    await plane.client.create(WORKSPACES, {
      apiVersion: 'kaito.sh/v1beta1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default' },
      resource: { instanceType: 'Standard_NC6s_v4', labelSelector: { matchLabels: { apps: name } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
    });
    await eventually(async () => expect(await condition('Planned', name)).to.include({ status: 'False' }));
  }
});
