import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, crds, type Event, widget, widgetCrd, widgets } from './api.js';
import type { Serving } from './serving.js';

const names = (body: Event): string[] => body.items.map((item: Event) => item.metadata.name);
const tableV1 = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

/** Lists, pages, selectors, tables. */
export function listsCases({ start, ownOnly }: Serving): void {
  describe('conformance: lists', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
      for (const name of ['a', 'b', 'c', 'd', 'e'])
        await api.post(configMaps, configMap(name, {}, { labels: { all: 'yes' } }));
    });
    afterEach(() => api.stop());

    it('32: pages come from one revision: what is created between them is not seen', async () => {
      const first = await api.get(`${configMaps}?limit=2&labelSelector=all`);
      expect(names(first.body)).to.deep.equal(['a', 'b']);
      expect(first.body.metadata).not.to.have.property('remainingItemCount');
      await api.post(configMaps, configMap('bb', {}, { labels: { all: 'yes' } }));
      const second = await api.get(`${configMaps}?limit=2&labelSelector=all&continue=${first.body.metadata.continue}`);
      expect(names(second.body)).to.deep.equal(['c', 'd']);
      expect(second.body.metadata.resourceVersion).to.equal(first.body.metadata.resourceVersion);
      const third = await api.get(`${configMaps}?limit=2&labelSelector=all&continue=${second.body.metadata.continue}`);
      expect(names(third.body)).to.deep.equal(['e']);
      expect(third.body.metadata).not.to.have.property('continue');
    });

    it('33: without a selector a page says how many remain', async () => {
      const { body } = await api.get(`${configMaps}?limit=2`);
      expect(body.metadata.remainingItemCount).to.equal(3);
    });

    it('34: a continue token that is none is 400, and so is one with a revision beside it', async () => {
      expect((await api.get(`${configMaps}?limit=2&continue=rubbish`)).status).to.equal(400);
      const first = await api.get(`${configMaps}?limit=2`);
      expect(
        (await api.get(`${configMaps}?limit=2&continue=${first.body.metadata.continue}&resourceVersion=5`)).status,
      ).to.equal(400);
    });

    ownOnly(
      '34: an expired token is 410 and brings one for an inconsistent rest',
      'kube-apiserver 1.34 answers from snapshots that outlive the compaction of etcd',
      async ({ server }) => {
        const first = await api.get(`${configMaps}?limit=2`);
        await api.post(configMaps, configMap('cc'));
        server.compact();
        const expired = await api.get(`${configMaps}?limit=2&continue=${first.body.metadata.continue}`);
        expect([expired.status, expired.body.reason]).to.deep.equal([410, 'Expired']);
        const rest = await api.get(`${configMaps}?continue=${expired.body.metadata.continue}`);
        expect(names(rest.body)).to.deep.equal(['c', 'cc', 'd', 'e']);
      },
    );

    it('35: a match without a revision is 422, a revision that is none 400, one from the future 504', async () => {
      const match = await api.get(`${configMaps}?resourceVersionMatch=Exact`);
      expect(match.status).to.equal(422);
      expect(causes(match)).to.deep.equal(['FieldValueForbidden resourceVersionMatch']);
      expect((await api.get(`${configMaps}?resourceVersion=abc`)).status).to.equal(400);
      const future = await api.get(`${configMaps}?resourceVersion=999999&resourceVersionMatch=NotOlderThan`);
      expect([future.status, future.body.reason]).to.deep.equal([504, 'Timeout']);
      expect(future.body.details.causes[0].reason).to.equal('ResourceVersionTooLarge');
      expect(future.headers['retry-after']).to.equal('1');
    });

    it('36: an exact revision shows what was there then', async () => {
      const before = await api.get(configMaps);
      const { resourceVersion } = before.body.metadata;
      await api.merge(`${configMaps}/a`, { data: { changed: 'yes' } });
      await api.delete(`${configMaps}/b`);
      const then = await api.get(`${configMaps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
      expect(then.body).to.deep.equal(before.body);
    });

    it('37: every form of label selector selects, and a malformed one is 400', async () => {
      await api.post(configMaps, configMap('x', {}, { labels: { tier: 'web', n: '5' } }));
      await api.post(configMaps, configMap('y', {}, { labels: { tier: 'db', n: '10' } }));
      const list = async (selector: string): Promise<string[]> =>
        names((await api.get(`${configMaps}?labelSelector=${encodeURIComponent(selector)}`)).body);
      expect(await list('tier in (web, db)')).to.deep.equal(['x', 'y']);
      expect(await list('tier notin (web),tier')).to.deep.equal(['y']);
      expect(await list('!tier,all=yes')).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
      expect(await list('n>6')).to.deep.equal(['y']);
      expect(await list('tier!=web,!all')).to.deep.equal(['y']);
      expect((await api.get(`${configMaps}?labelSelector=${encodeURIComponent('tier in web')}`)).status).to.equal(400);
      expect((await api.get(`${configMaps}?labelSelector=${encodeURIComponent('=x')}`)).status).to.equal(400);
    });

    it('38: a field selector knows the name, and an unknown field is 400', async () => {
      expect(names((await api.get(`${configMaps}?fieldSelector=metadata.name!=a`)).body)).to.deep.equal([
        'b',
        'c',
        'd',
        'e',
      ]);
      expect((await api.get(`${configMaps}?fieldSelector=data.x=1`)).status).to.equal(400);
    });

    it('39: a table has columns with priorities, cells, and the metadata of each row', async () => {
      const { body } = await api.get(configMaps, tableV1);
      expect([body.kind, body.apiVersion]).to.deep.equal(['Table', 'meta.k8s.io/v1']);
      expect(
        body.columnDefinitions.map((column: Event) => `${column.name} ${column.type} ${column.priority}`),
      ).to.deep.equal(['Name string 0', 'Data string 0', 'Age string 0']);
      expect(body.rows[0].cells).to.deep.equal(['a', 0, '0s']);
      expect(body.rows[0].object).to.include({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
      expect(body.rows[0].object.metadata.name).to.equal('a');
      const v1beta1 = await api.get(configMaps, { accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io' });
      expect(v1beta1.body.apiVersion).to.equal('meta.k8s.io/v1beta1');
    });

    it('39: the table of a custom resource has the columns of its definition', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 3 }));
      await api.merge(`${widgets}/w/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
      const { body } = await api.get(widgets, tableV1);
      expect(body.columnDefinitions.map((column: Event) => `${column.name} ${column.priority}`)).to.deep.equal([
        'Name 0',
        'Size 0',
        'Ready 0',
        'Mode 1',
        'Age 0',
      ]);
      expect(body.rows[0].cells).to.deep.equal(['w', 3, 'True', 'A', '0s']);
    });

    it('40: a list of metadata only, and nothing for a browser', async () => {
      const { body } = await api.get(configMaps, {
        accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      });
      expect(body.kind).to.equal('PartialObjectMetadataList');
      expect(Object.keys(body.items[0]).sort()).to.deep.equal(['apiVersion', 'kind', 'metadata']);
      expect((await api.get(configMaps, { accept: 'text/html' })).status).to.equal(406);
    });

    it('items of custom resources carry their type, those of built-in kinds do not', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 3 }));
      expect((await api.get(widgets)).body.items[0]).to.include({ apiVersion: 'ex.io/v1', kind: 'Widget' });
      expect((await api.get(configMaps)).body.items[0]).not.to.have.any.keys('apiVersion', 'kind');
      expect((await api.get('/api/v1/namespaces/t/secrets')).body.items).to.deep.equal([]);
    });
  });
}
