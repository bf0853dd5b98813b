import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, crds, widgetCrd, widgets } from './api.js';
import type { Serving } from './serving.js';

const leases = '/apis/coordination.k8s.io/v1/namespaces/t/leases';
const secrets = '/api/v1/namespaces/t/secrets';
const deployments = '/apis/apps/v1/namespaces/t/deployments';

/** What random requests have found, each once wrong here. */
export function findsCases({ start }: Serving): void {
  describe('conformance: finds of the fuzzer', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('bytes that are no base64 are 400 in an object, 422 in a patch, 500 in an apply', async () => {
      const wrong = { ...configMap('a'), binaryData: { b: 'no base64' } };
      expect((await api.post(configMaps, wrong)).status).to.equal(400);
      expect((await api.put(`${configMaps}/a`, wrong)).status).to.equal(400);
      expect((await api.apply(`${configMaps}/a?fieldManager=m`, wrong)).status).to.equal(500);
      await api.post(configMaps, configMap('a'));
      for (const patch of [
        await api.merge(`${configMaps}/a`, { binaryData: wrong.binaryData }),
        await api.strategic(`${configMaps}/a`, { binaryData: wrong.binaryData }),
        await api.json(`${configMaps}/a`, [{ op: 'add', path: '/binaryData', value: wrong.binaryData }]),
      ]) {
        expect(patch.status).to.equal(422);
        expect(causes(patch)).to.deep.equal(['FieldValueInvalid patch']);
        expect(patch.body.details).to.have.all.keys('causes');
      }
    });

    it('a value of the wrong type is put the same ways', async () => {
      await api.post(leases, { metadata: { name: 'l' }, spec: {} });
      const spec = { renewTime: '2026-01-01T00:00:00Z' };
      expect((await api.put(`${leases}/l`, { metadata: { name: 'l' }, spec })).status).to.equal(400);
      expect(causes(await api.merge(`${leases}/l`, { spec }))).to.deep.equal(['FieldValueInvalid patch']);
      const whole = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec };
      expect((await api.apply(`${leases}/l?fieldManager=m`, whole)).status).to.equal(500);
    });

    it('a key stands in data or in binaryData', async () => {
      const both = await api.post(configMaps, { ...configMap('a'), binaryData: { a: 'aGk=' } });
      expect([both.status, ...causes(both)]).to.deep.equal([422, 'FieldValueInvalid data[a]']);
    });

    it('a Secret of a well-known type holds its keys', async () => {
      const wanted: Record<string, string[]> = {
        'kubernetes.io/basic-auth': ['data[password]', 'data[username]'],
        'kubernetes.io/ssh-auth': ['data[ssh-privatekey]'],
        'kubernetes.io/tls': ['data[tls.crt]', 'data[tls.key]'],
        'kubernetes.io/dockerconfigjson': ['data[.dockerconfigjson]'],
        'kubernetes.io/dockercfg': ['data[.dockercfg]'],
      };
      for (const [type, fields] of Object.entries(wanted)) {
        const answer = await api.post(secrets, { metadata: { name: 's' }, type, data: { other: 'aGk=' } });
        expect(causes(answer), type).to.deep.equal(fields.map((field) => `FieldValueRequired ${field}`));
      }
      const named = { metadata: { name: 's' }, type: 'kubernetes.io/basic-auth', stringData: { username: 'u' } };
      expect((await api.post(secrets, named)).status).to.equal(201);
    });

    it('the list of a custom resource says that there is no more, that of a built-in kind does not', async () => {
      await api.post(crds, widgetCrd());
      expect((await api.get(widgets)).body.metadata.continue).to.equal('');
      expect((await api.get(configMaps)).body.metadata).not.to.have.property('continue');
    });

    it('counts of zero are left out of the status of a Deployment', async () => {
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
      await api.post(deployments, {
        metadata: { name: 'd' },
        spec: { selector: { matchLabels: { a: 'b' } }, template },
      });
      const { body } = await api.merge(`${deployments}/d/status`, { status: { replicas: 2, readyReplicas: 0 } });
      expect(body.status).to.deep.equal({ replicas: 2 });
    });
  });
}
