import { join } from 'node:path';
import type { KubeObject, Transport } from '@kaito-sdk/core';
import { ApiServer, nodeClaimCrd } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { type Answer, ask } from '../dist/ask.js';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';
import { programs } from '../dist/programs.js';

const CLAIMS = '/apis/karpenter.sh/v1/nodeclaims';

type Json = Record<string, unknown>;

/** A claim as Karpenter takes it, with fields of its spec replaced; `undefined` leaves one out. */
function claim(fields: Json = {}): Json {
  const spec: Json = {
    nodeClassRef: { group: 'kaito.sh', kind: 'KaitoNodeClass', name: 'default' },
    requirements: [instanceType],
    resources: { requests: { storage: '80Gi' } },
    taints: [{ key: 'sku', value: 'gpu', effect: 'NoSchedule' }],
    ...fields,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}

const instanceType = { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['Standard_NC6s_v3'] };
const requirement = (fields: Json): Json => claim({ requirements: [{ ...instanceType, ...fields }] });

const specs: Readonly<Record<string, Json>> = {
  'a claim of ours': claim({ expireAfter: 'Never' }),
  'no nodeClassRef': claim({ nodeClassRef: undefined }),
  'a nodeClassRef without a group': claim({ nodeClassRef: { kind: 'K', name: 'n' } }),
  'a nodeClassRef with an empty group': claim({ nodeClassRef: { group: '', kind: 'K', name: 'n' } }),
  'a group that is an apiVersion': claim({ nodeClassRef: { group: 'kaito.sh/v1', kind: 'K', name: 'n' } }),
  'a nodeClassRef with an empty name': claim({ nodeClassRef: { group: 'g.io', kind: 'K', name: '' } }),
  'no requirements': claim({ requirements: undefined }),
  'an empty list of requirements': claim({ requirements: [] }),
  'a requirement without an operator': claim({ requirements: [{ key: 'a' }] }),
  'an operator that does not exist': requirement({ operator: 'Is' }),
  'In without values': requirement({ values: [] }),
  'Exists with values': requirement({ operator: 'Exists' }),
  'Gt with a word': requirement({ key: 'example.com/n', operator: 'Gt', values: ['many'] }),
  'Gt with two numbers': requirement({ key: 'example.com/n', operator: 'Gt', values: ['1', '2'] }),
  'minValues above the number of values': requirement({ minValues: 2 }),
  'minValues of 51': requirement({ minValues: 51 }),
  'a key that is no label key': requirement({ key: 'a b' }),
  'a value that is no label value': requirement({ values: ['a/b'] }),
  'the reserved label of the node pool hash': requirement({ key: 'karpenter.sh/nodepool-hash', values: ['x'] }),
  'a label in the domain kubernetes.io': requirement({ key: 'kubernetes.io/custom', values: ['x'] }),
  'the hostname': requirement({ key: 'kubernetes.io/hostname', values: ['x'] }),
  'a label of Karpenter': requirement({ key: 'karpenter.sh/nodepool', values: ['kaito'] }),
  'a made-up label of Karpenter': requirement({ key: 'karpenter.sh/custom', values: ['x'] }),
  '101 requirements': claim({ requirements: Array.from({ length: 101 }, () => instanceType) }),
  'an unknown taint effect': claim({ taints: [{ key: 'a', effect: 'Never' }] }),
  'a taint without a key': claim({ taints: [{ effect: 'NoSchedule' }] }),
  'an empty expireAfter': claim({ expireAfter: '' }),
  'expireAfter in days': claim({ expireAfter: '30d' }),
  'expireAfter in hours and minutes': claim({ expireAfter: '1h30m' }),
  'a grace period without a unit': claim({ terminationGracePeriod: '30' }),
  'a quantity that is none': claim({ resources: { requests: { storage: 'much' } } }),
  'a quantity that is a number': claim({ resources: { requests: { 'nvidia.com/gpu': 1 } } }),
};

describe('the NodeClaim of devcluster', () => {
  let plane: ControlPlane;
  const servers: Readonly<Record<string, ApiServer>> = {
    "Karpenter's CRD": new ApiServer(),
    'its own CRD': new ApiServer(),
  };

  before(async () => {
    plane = await ControlPlane.start();
    const file = join(programs()['karpenter-crds'], 'karpenter.sh_nodeclaims.yaml');
    expect(await plane.kubectl(['apply', '--server-side', '-f', file])).to.include({ code: 0 });
    await eventually(async () => expect((await ask(plane.transport, 'GET', CLAIMS)).status).to.equal(200));
    const karpenters = JSON.parse((await plane.kubectl(['create', '--dry-run=client', '-o', 'json', '-f', file])).out);
    for (const [which, crd] of Object.entries({ "Karpenter's CRD": karpenters, 'its own CRD': nodeClaimCrd })) {
      const transport = servers[which]!.transport;
      const answer = await ask(transport, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
      expect(answer, which).to.include({ status: 201, warning: undefined });
    }
  });
  after(async () => {
    await plane?.stop();
  });

  for (const [which, { transport }] of Object.entries(servers)) {
    describe(`with ${which}`, () => {
      const both = (look: (transport: Transport) => Promise<unknown>): Promise<unknown[]> =>
        Promise.all([look(transport), look(plane.transport)]);

      for (const [name, spec] of Object.entries(specs)) {
        it(`answers as the real server does to ${name}`, async () => {
          const body = { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', metadata: { name: 'a' }, spec };
          const [ours, real] = await both(async (server) =>
            said(await ask(server, 'POST', `${CLAIMS}?dryRun=All`, body)),
          );
          expect(ours).to.deep.equal(real);
        });
      }

      it("does not let a claim's spec change, nor does the real server", async () => {
        const name = which === 'its own CRD' ? 'own' : 'theirs';
        const body = { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', metadata: { name }, spec: claim() };
        const [ours, real] = await both(async (server) => {
          const created = (await ask(server, 'POST', CLAIMS, body)).body as KubeObject;
          const changed = { ...created, spec: { ...(created.spec as object), expireAfter: '1h' } };
          return said(await ask(server, 'PUT', `${CLAIMS}/${name}`, changed));
        });
        expect(ours).to.deep.equal(real);
        expect(real).to.deep.equal({ status: 422, causes: ['spec FieldValueInvalid'] });
      });
    });
  }
});

/** What is stored, or the fields and reasons of the refusal. */
function said({ status, body }: Answer): unknown {
  if (status < 300) return { status, spec: (body as KubeObject).spec };
  const { details } = body as { details?: { causes?: { field?: string; reason?: string }[] } };
  return { status, causes: (details?.causes ?? []).map(({ field, reason }) => `${field} ${reason}`).sort() };
}
