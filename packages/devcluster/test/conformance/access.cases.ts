import { expect } from 'chai';
import type { Api, Event } from './api.js';
import type { Serving } from './serving.js';

const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' };

/** Who asks, and what there is. */
export function accessCases({ start, ownOnly }: Serving): void {
  describe('conformance: who asks, and what there is', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('74: an unknown token is 401', async () => {
      const unknown = await api.get('/api/v1/namespaces', { authorization: 'Bearer nope' });
      expect([unknown.status, unknown.body.reason]).to.deep.equal([401, 'Unauthorized']);
    });

    ownOnly(
      '74: a known token stands for its user',
      'tokens of a real server are in a file it reads at its start',
      async ({ server }) => {
        server.allow('secret', { name: 'jane', groups: ['dev'] });
        const { status, body } = await api.post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
          { authorization: 'Bearer secret' },
        );
        expect(status).to.equal(201);
        expect(body.status.userInfo).to.deep.equal({ username: 'jane', groups: ['dev'] });
      },
    );

    it('74: access reviews are answered, and say that permissions are not evaluated', async () => {
      const { status, body } = await api.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
      });
      expect(status).to.equal(201);
      expect(body.status.allowed).to.equal(true);
    });

    it('75: aggregated discovery has its own content type, an ETag, and 304', async () => {
      const first = await api.get('/apis', aggregated);
      expect(first.headers['content-type']).to.equal(
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      );
      expect(first.body.kind).to.equal('APIGroupDiscoveryList');
      const apps = first.body.items.find((item: Event) => item.metadata.name === 'apps');
      const deployments = apps.versions[0].resources.find((each: Event) => each.resource === 'deployments');
      expect(deployments).to.deep.include({
        scope: 'Namespaced',
        singularResource: 'deployment',
        shortNames: ['deploy'],
      });
      expect(deployments.subresources.map((each: Event) => each.subresource)).to.deep.equal(['scale', 'status']);
      const again = await api.get('/apis', { ...aggregated, 'if-none-match': first.headers.etag as string });
      expect([again.status, again.text]).to.deep.equal([304, '']);
    });

    it('plain discovery lists groups, versions and resources', async () => {
      expect((await api.get('/api')).body.versions).to.deep.equal(['v1']);
      const groups = (await api.get('/apis')).body.groups.map((group: Event) => group.name);
      expect(groups).to.include.members(['apps', 'batch', 'apiextensions.k8s.io', 'coordination.k8s.io']);
      const core = (await api.get('/api/v1')).body.resources.map((each: Event) => each.name);
      expect(core).to.include.members(['pods', 'pods/log', 'pods/binding', 'services/proxy', 'namespaces/finalize']);
    });

    it('the OpenAPI documents say what a client may patch, and how lists are merged', async () => {
      const index = JSON.parse((await api.get('/openapi/v3')).text).paths;
      const url = index['apis/apps/v1'].serverRelativeURL;
      const body = JSON.parse((await api.get(url)).text);
      const patch = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
      expect(patch['x-kubernetes-group-version-kind']).to.deep.equal({
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
      });
      expect(patch.parameters.map((each: Event) => each.name)).to.include('fieldValidation');
      const podSpec = body.components.schemas['io.k8s.api.core.v1.PodSpec'];
      expect(podSpec.properties.containers).to.include({
        'x-kubernetes-patch-merge-key': 'name',
        'x-kubernetes-patch-strategy': 'merge',
      });
      const references = JSON.stringify(body).match(/#\/components\/schemas\/[^"]+/g) ?? [];
      for (const reference of new Set(references)) {
        expect(body.components.schemas).to.have.property(reference.replace('#/components/schemas/', ''));
      }
    });

    it('version and health are there', async () => {
      expect((await api.get('/version')).body.gitVersion).to.match(/^v1\.34\.4/);
      for (const path of ['/healthz', '/livez', '/readyz']) expect((await api.get(path)).text).to.equal('ok');
    });
  });
}
