import type { KubeObject, KubeRequest, Transport } from '@kaito-sdk/core';
import { missingRules, type PolicyRule, requestFacts } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { ControlPlane } from '../dist/control-plane.js';
import { eventually } from '../dist/eventually.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const RBAC = 'rbac.authorization.k8s.io/v1';

interface Case {
  readonly rule: Omit<PolicyRule, 'apiGroups'>;
  /** `METHOD path`; a PATCH is an apply. */
  readonly request: string;
  readonly allowed: boolean;
}

const named = { resources: ['configmaps'], resourceNames: ['x'] };

/** ConfigMap `x` is not there, `there` is. Nothing is stored: every write is a dry run. */
const CASES: readonly Case[] = [
  { rule: { resources: ['configmaps'], verbs: ['get'] }, request: `GET ${MAPS}/there`, allowed: true },
  { rule: { resources: ['configmaps'], verbs: ['get'] }, request: `GET ${MAPS}`, allowed: false },
  {
    rule: { resources: ['configmaps'], verbs: ['list'] },
    request: `GET ${MAPS}?watch=true&timeoutSeconds=1`,
    allowed: false,
  },
  { rule: { resources: ['*'], verbs: ['*'] }, request: `GET ${MAPS}`, allowed: true },
  { rule: { ...named, verbs: ['get'] }, request: `GET ${MAPS}/there`, allowed: false },
  { rule: { ...named, verbs: ['list'] }, request: `GET ${MAPS}`, allowed: false },
  { rule: { ...named, verbs: ['list'] }, request: `GET ${MAPS}?fieldSelector=metadata.name%3Dx`, allowed: true },
  { rule: { ...named, verbs: ['create'] }, request: `POST ${MAPS}?dryRun=All`, allowed: false },
  { rule: { resources: ['configmaps'], verbs: ['create'] }, request: `POST ${MAPS}?dryRun=All`, allowed: true },
  { rule: { resources: ['configmaps'], verbs: ['patch'] }, request: `PATCH ${MAPS}/there?dryRun=All`, allowed: true },
  { rule: { resources: ['configmaps'], verbs: ['patch'] }, request: `PATCH ${MAPS}/x?dryRun=All`, allowed: false },
  { rule: { ...named, verbs: ['patch', 'create'] }, request: `PATCH ${MAPS}/x?dryRun=All`, allowed: true },
  { rule: { resources: ['configmaps'], verbs: ['delete'] }, request: `DELETE ${MAPS}?dryRun=All`, allowed: false },
  {
    rule: { resources: ['configmaps'], verbs: ['deletecollection'] },
    request: `DELETE ${MAPS}?dryRun=All`,
    allowed: true,
  },
  {
    rule: { resources: ['pods'], verbs: ['get'] },
    request: 'GET /api/v1/namespaces/default/pods/p/status',
    allowed: false,
  },
  {
    rule: { resources: ['*/status'], verbs: ['get'] },
    request: 'GET /api/v1/namespaces/default/pods/p/status',
    allowed: true,
  },
  {
    rule: { resources: ['services/proxy'], verbs: ['get'] },
    request: 'GET /api/v1/namespaces/default/services/s/proxy/a/b',
    allowed: true,
  },
];

/** What roles allow is worked out in tests without a server that would ask: here one is asked. */
describe('the judgement of roles in core/testing', function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  before(async () => {
    plane = await ControlPlane.start();
    const there = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'there', namespace: 'default' } };
    await applied(there);
  });
  after(() => plane?.stop());

  const applied = async (...objects: readonly object[]): Promise<void> => {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    expect(await plane.kubectl(['apply', '-f', '-'], JSON.stringify(list))).to.include({ code: 0 });
  };

  /** A user with one role and no other; resolves when the server knows of it. */
  async function user(name: string, role: KubeObject): Promise<Transport> {
    const metadata = { name, namespace: 'default' };
    const rules = [...(role.rules as object[]), { apiGroups: [''], resources: ['endpoints'], verbs: ['list'] }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name };
    const subjects = [{ kind: 'ServiceAccount', ...metadata }];
    await applied(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { ...role, metadata, rules },
      { apiVersion: RBAC, kind: `${role.kind}Binding`, metadata, roleRef, subjects },
    );
    const { out } = await plane.kubectl(['-n', 'default', 'create', 'token', name]);
    const transport = plane.connect(out.trim());
    await eventually(async () =>
      expect(await status(transport, { method: 'GET', path: '/api/v1/namespaces/default/endpoints' })).to.equal(200),
    );
    return transport;
  }

  for (const [at, { rule, request, allowed }] of CASES.entries()) {
    const { resources, verbs, resourceNames } = rule;
    const what = `${verbs} of ${resources}${resourceNames === undefined ? '' : ` ${resourceNames}`}`;
    it(`is that of the API server: ${what} ${allowed ? 'allows' : 'does not allow'} ${request}`, async () => {
      const role = {
        apiVersion: RBAC,
        kind: 'ClusterRole',
        metadata: { name: 'it' },
        rules: [{ apiGroups: [''], ...rule }],
      };
      const asked = requestOf(request);
      // As it is answered to one who may do anything.
      const answer = await status(plane.transport, asked);
      expect(missingRules([role], [{ ...requestFacts(asked), status: answer }]).length === 0, 'judged here').to.equal(
        allowed,
      );
      const transport = await user(`user-${at}`, role);
      expect((await status(transport, asked)) !== 403, 'judged by the server').to.equal(allowed);
      await transport.close?.();
    });
  }

  it('is that of the API server for a Role, which holds in its namespace alone', async () => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
    const role = { apiVersion: RBAC, kind: 'Role', metadata: { name: 'it', namespace: 'default' }, rules };
    const transport = await user('of-a-namespace', role);
    for (const [path, allowed] of [
      [MAPS, true],
      ['/api/v1/namespaces/kube-system/configmaps', false],
      ['/api/v1/configmaps', false],
    ] as const) {
      const asked = { method: 'GET', path } as const;
      expect(missingRules([role], [requestFacts(asked)]).length === 0, path).to.equal(allowed);
      expect((await status(transport, asked)) !== 403, path).to.equal(allowed);
    }
    await transport.close?.();
  });
});

function requestOf(text: string): KubeRequest {
  const [method = '', path = ''] = text.split(' ');
  const name = /configmaps\/(\w+)/.exec(path)?.[1] ?? 'new';
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
  if (method === 'POST') return { method, path, body, headers: { 'content-type': 'application/json' } };
  if (method !== 'PATCH') return { method, path };
  return { method, path: `${path}&fieldManager=it`, body, headers: { 'content-type': 'application/apply-patch+yaml' } };
}

async function status(transport: Transport, request: KubeRequest): Promise<number> {
  const answer = await transport.request(request);
  for await (const _ of answer.body);
  return answer.status;
}
