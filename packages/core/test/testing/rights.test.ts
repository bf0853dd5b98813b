import { CONFIG_MAPS, type KubeObject, LEASES } from '@kaito-sdk/core';
import {
  type AskedRequest,
  missingRules,
  type PolicyRule,
  requestFacts,
  ruleText,
  TestCluster,
  unusedRules,
} from '@kaito-sdk/core/testing';
import { expect } from 'chai';

const role = (kind: 'Role' | 'ClusterRole', namespace: string | undefined, ...rules: Partial<PolicyRule>[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name: 'it', ...(namespace === undefined ? {} : { namespace }) },
  rules,
});
const clusterRole = (...rules: Partial<PolicyRule>[]): KubeObject => role('ClusterRole', undefined, ...rules);

/** What `METHOD path` asks for, with the status of its answer. */
function asked(request: string, { status = 200, body }: { status?: number; body?: object } = {}): AskedRequest {
  const [method = '', path = ''] = request.split(' ');
  return { ...requestFacts({ method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }), status };
}
const missing = (manifests: readonly KubeObject[], ...requests: readonly AskedRequest[]): readonly string[] =>
  missingRules(manifests, requests).map(ruleText);

const PODS = '/api/v1/namespaces/a/pods';
const SCALE = '/apis/apps/v1/namespaces/a/deployments/x/scale';

describe('the rules that are missing from roles', () => {
  it('are one for each resource, with the verbs in their usual order, as a line to put into the manifest', () => {
    const list = [asked('DELETE /apis/apps/v1/namespaces/a/deployments/x'), asked('GET /apis/apps/v1/deployments')];
    expect(missing([], ...list, asked(`GET ${PODS}?watch=true`))).to.deep.equal([
      '- { apiGroups: [apps], resources: [deployments], verbs: [list, delete] }',
      '- { apiGroups: [""], resources: [pods], verbs: [watch] }',
    ]);
  });

  it('are none when everything is allowed, by names or by stars', () => {
    const list = [asked(`GET ${PODS}/x`), asked(`PATCH ${SCALE}`)];
    const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
    const named = { apiGroups: ['', 'apps'], resources: ['pods', 'deployments/scale'], verbs: ['get', 'patch'] };
    expect([missing([clusterRole(all)], ...list), missing([clusterRole(named)], ...list)]).to.deep.equal([[], []]);
    const anyScale = { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['patch'] };
    expect(missing([clusterRole(anyScale)], asked(`PATCH ${SCALE}`))).to.deep.equal([]);
  });

  it('name a subresource, which the resource alone does not allow', () => {
    const deployments = clusterRole({ apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] });
    expect(missing([deployments], asked(`PATCH ${SCALE}`))).to.deep.equal([
      '- { apiGroups: [apps], resources: [deployments/scale], verbs: [patch] }',
    ]);
    const proxied = asked('GET /api/v1/namespaces/a/services/s/proxy/health/live');
    expect(missing([], proxied)).to.deep.equal(['- { apiGroups: [""], resources: [services/proxy], verbs: [get] }']);
  });

  it('hold a create when an apply made its object, and none when the object was there', () => {
    const patch = clusterRole({ apiGroups: [''], resources: ['pods'], verbs: ['patch'] });
    expect(missing([patch], asked(`PATCH ${PODS}/x`))).to.deep.equal([]);
    expect(missing([patch], asked(`PATCH ${PODS}/x`, { status: 201 }))).to.deep.equal([
      '- { apiGroups: [""], resources: [pods], verbs: [create] }',
    ]);
  });

  it('are those of other namespaces where a Role gives them in one', () => {
    const pods = role('Role', 'a', { apiGroups: [''], resources: ['pods'], verbs: ['list'] });
    expect(missing([pods], asked(`GET ${PODS}`))).to.deep.equal([]);
    expect(missing([pods], asked('GET /api/v1/namespaces/b/pods'))).to.have.length(1);
    expect(missing([pods], asked('GET /api/v1/pods')), 'of all namespaces').to.have.length(1);
  });

  it('are those of other names where a rule gives some: a list counts by its selector, and a create never', () => {
    const one = { apiGroups: [''], resources: ['pods'], resourceNames: ['x'] };
    const pods = clusterRole({ ...one, verbs: ['get', 'list', 'create'] });
    expect(missing([pods], asked(`GET ${PODS}/x`))).to.deep.equal([]);
    expect(missing([pods], asked(`GET ${PODS}/y`))).to.have.length(1);
    expect(missing([pods], asked(`GET ${PODS}`))).to.have.length(1);
    expect(missing([pods], asked(`GET ${PODS}?fieldSelector=metadata.name%3Dx`))).to.deep.equal([]);
    expect(missing([pods], asked(`POST ${PODS}`, { body: { metadata: { name: 'x' } } }))).to.have.length(1);
    const applied = clusterRole({ ...one, verbs: ['patch', 'create'] });
    expect(missing([applied], asked(`PATCH ${PODS}/x`, { status: 201 })), 'made by an apply').to.deep.equal([]);
  });

  it('say deletecollection for a delete of everything', () => {
    const pods = clusterRole({ apiGroups: [''], resources: ['pods'], verbs: ['delete'] });
    expect(missing([pods], asked(`DELETE ${PODS}`))).to.deep.equal([
      '- { apiGroups: [""], resources: [pods], verbs: [deletecollection] }',
    ]);
  });

  it('are not looked for where a request is for no resource, nor in manifests that are no roles', () => {
    expect(missing([], asked('GET /readyz'))).to.deep.equal([]);
    const paths = clusterRole({ verbs: ['get'] });
    const binding = {
      ...clusterRole({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }),
      kind: 'ClusterRoleBinding',
    };
    expect(missing([paths, binding], asked(`GET ${PODS}`))).to.have.length(1);
  });

  it('are read from the journal of a cluster', async () => {
    const cluster = await TestCluster.start();
    const through = cluster.journal.over(cluster.server.transport, 'it');
    await through.request({
      method: 'PATCH',
      path: '/api/v1/namespaces/default/configmaps/a?fieldManager=it',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }),
    });
    expect(missingRules([], cluster.journal.entries)).to.deep.equal([
      { apiGroups: [''], resources: [CONFIG_MAPS.plural], verbs: ['create', 'patch'] },
    ]);
    await cluster.stop();
  });
});

describe('the rules of roles that nothing needed', () => {
  const leases = { apiGroups: [LEASES.group], resources: ['leases'], verbs: ['get', 'patch'], resourceNames: ['it'] };
  const unused = (...requests: readonly AskedRequest[]) =>
    unusedRules(
      [role('Role', 'a', leases, { apiGroups: [''], resources: ['pods', 'events'], verbs: ['list'] })],
      requests,
    ).map(ruleText);

  it('are told verb by verb and resource by resource', () => {
    expect(
      unused(asked('GET /apis/coordination.k8s.io/v1/namespaces/a/leases/it'), asked(`GET ${PODS}`)),
    ).to.deep.equal([
      '- { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [it], verbs: [patch] }',
      '- { apiGroups: [""], resources: [events], verbs: [list] }',
    ]);
  });

  it('are not needed by requests elsewhere', () => {
    expect(unused(asked('GET /api/v1/namespaces/b/pods'))).to.have.length(3);
  });
});
