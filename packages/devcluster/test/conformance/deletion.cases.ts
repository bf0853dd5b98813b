import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, type Event } from './api.js';
import type { Serving } from './serving.js';

const held = (name: string): object => configMap(name, { a: '1' }, { finalizers: ['ex.io/hold'] });

/** How objects, collections and namespaces go. */
export function deletionCases({ start }: Serving): void {
  describe('conformance: deletion', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('46: a finalizer keeps a deleted object, which may be edited but gets no new finalizer', async () => {
      await api.post(configMaps, held('a'));
      const events = await api.watch(`${configMaps}?resourceVersion=0`);
      const deleted = await api.delete(`${configMaps}/a`);
      expect(deleted.status).to.equal(200);
      expect(deleted.body.metadata).to.include.keys('deletionTimestamp');
      expect(deleted.body.metadata.deletionGracePeriodSeconds).to.equal(0);
      expect((await api.merge(`${configMaps}/a`, { data: { b: '2' } })).status).to.equal(200);
      const more = await api.merge(`${configMaps}/a`, { metadata: { finalizers: ['ex.io/hold', 'ex.io/more'] } });
      expect(more.status).to.equal(422);
      // Twice: the real server checks metadata in two places on an update.
      expect(causes(more)).to.deep.equal(Array(2).fill('FieldValueForbidden metadata.finalizers'));
      const last = await api.merge(`${configMaps}/a`, { metadata: { finalizers: null } });
      expect(last.status).to.equal(200);
      expect((await api.get(`${configMaps}/a`)).status).to.equal(404);
      expect((await events.take(4)).map((event) => event.type)).to.deep.equal([
        'ADDED',
        'MODIFIED',
        'MODIFIED',
        'DELETED',
      ]);
    });

    it('47: deleting again while it goes is 200 and changes nothing', async () => {
      await api.post(configMaps, held('a'));
      const first = await api.delete(`${configMaps}/a`);
      const second = await api.delete(`${configMaps}/a`);
      expect(second.status).to.equal(200);
      expect(second.body).to.deep.equal(first.body);
    });

    it('48: a finalizer without a domain is 422', async () => {
      const answer = await api.post(configMaps, configMap('a', {}, { finalizers: ['hold'] }));
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal(['FieldValueInvalid metadata.finalizers[0]']);
    });

    it('49: a wrong uid is 409, an unknown propagation policy 422', async () => {
      await api.post(configMaps, configMap('a'));
      expect((await api.delete(`${configMaps}/a`, { preconditions: { uid: 'other' } })).status).to.equal(409);
      expect((await api.delete(`${configMaps}/a`, { preconditions: { resourceVersion: '1' } })).status).to.equal(409);
      expect((await api.delete(`${configMaps}/a`, { propagationPolicy: 'Sideways' })).status).to.equal(422);
      expect((await api.get(`${configMaps}/a`)).status).to.equal(200);
    });

    it('50: Foreground and Orphan leave their finalizers, a plain delete answers Success with the uid', async () => {
      for (const name of ['a', 'b', 'c']) await api.post(configMaps, configMap(name));
      const foreground = await api.delete(`${configMaps}/a`, { propagationPolicy: 'Foreground' });
      expect(foreground.body.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
      const orphan = await api.call('DELETE', `${configMaps}/b?propagationPolicy=Orphan`);
      expect(orphan.body.metadata.finalizers).to.deep.equal(['orphan']);
      const { body } = await api.get(`${configMaps}/c`);
      const plain = await api.delete(`${configMaps}/c`);
      expect(plain.body).to.include({ kind: 'Status', status: 'Success' });
      expect(plain.body.details).to.deep.equal({ name: 'c', kind: 'configmaps', uid: body.metadata.uid });
    });

    it('51: a collection is deleted by label and answers as a list', async () => {
      for (const name of ['a', 'b']) await api.post(configMaps, configMap(name, {}, { labels: { go: 'yes' } }));
      await api.post(configMaps, configMap('c'));
      const { status, body } = await api.delete(`${configMaps}?labelSelector=go%3Dyes`);
      expect([status, body.kind]).to.deep.equal([200, 'ConfigMapList']);
      expect((await api.get(configMaps)).body.items.map((item: Event) => item.metadata.name)).to.deep.equal(['c']);
    });

    it('73: a deleted namespace is Terminating and takes nothing new, and default cannot be deleted', async () => {
      const deleted = await api.delete('/api/v1/namespaces/t');
      expect(deleted.body.status.phase).to.equal('Terminating');
      const refused = await api.post(configMaps, configMap('a'));
      expect([refused.status, refused.body.reason]).to.deep.equal([403, 'Forbidden']);
      expect(refused.body.details.causes).to.deep.equal([
        { reason: 'NamespaceTerminating', message: 'namespace t is being terminated', field: 'metadata.namespace' },
      ]);
      expect((await api.delete('/api/v1/namespaces/default')).status).to.equal(403);
      const { body } = await api.get('/api/v1/namespaces/t');
      const finalized = await api.put('/api/v1/namespaces/t/finalize', { ...body, spec: { finalizers: [] } });
      expect(finalized.status).to.equal(200);
      expect((await api.get('/api/v1/namespaces/t')).status).to.equal(404);
    });

    it('a dry run of a delete deletes nothing', async () => {
      await api.post(configMaps, configMap('a'));
      expect((await api.delete(`${configMaps}/a?dryRun=All`)).status).to.equal(200);
      expect((await api.delete(`${configMaps}/a`, { dryRun: ['All'] })).status).to.equal(200);
      expect((await api.get(`${configMaps}/a`)).status).to.equal(200);
    });
  });
}
