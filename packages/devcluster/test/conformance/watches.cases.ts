import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, type Event } from './api.js';
import type { Serving } from './serving.js';

const brief = (events: Event[]): string[] => events.map((event) => `${event.type} ${event.object.metadata.name}`);
const streaming = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

/** Watches. */
export function watchesCases({ start, ownOnly }: Serving): void {
  describe('conformance: watches', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('41: leaving a selector is a DELETED with the old object and the new revision, entering an ADDED', async () => {
      const { body } = await api.get(configMaps);
      const events = await api.watch(
        `${configMaps}?labelSelector=on%3Dyes&resourceVersion=${body.metadata.resourceVersion}`,
      );
      await api.post(configMaps, configMap('a', {}, { labels: { on: 'yes' } }));
      const left = await api.merge(`${configMaps}/a`, { metadata: { labels: { on: 'no' } } });
      await api.merge(`${configMaps}/a`, { metadata: { labels: { on: 'yes' } } });
      await api.delete(`${configMaps}/a`);
      const seen = await events.take(4);
      expect(brief(seen)).to.deep.equal(['ADDED a', 'DELETED a', 'ADDED a', 'DELETED a']);
      expect(seen[1].object.metadata.labels).to.deep.equal({ on: 'yes' });
      expect(seen[1].object.metadata.resourceVersion).to.equal(left.body.metadata.resourceVersion);
      const revisions = seen.map((event) => Number(event.object.metadata.resourceVersion));
      expect(revisions).to.deep.equal([...revisions].sort((x, y) => x - y));
      expect(new Set(revisions).size).to.equal(4);
    });

    it('42: from 0 and from nowhere a watch begins with what is there', async () => {
      await api.post(configMaps, configMap('a'));
      await api.post(configMaps, configMap('b'));
      for (const query of ['?resourceVersion=0', '']) {
        const events = await api.watch(`${configMaps}${query}`);
        expect(brief(await events.take(2))).to.deep.equal(['ADDED a', 'ADDED b']);
      }
    });

    it('42: a revision from the future just waits until the log gets there', async () => {
      const { body } = await api.get(configMaps);
      const future = Number(body.metadata.resourceVersion) + 1;
      const events = await api.watch(`${configMaps}?resourceVersion=${future}`);
      await api.post(configMaps, configMap('not-yet'));
      expect(await events.arrived()).to.deep.equal([]);
      await api.post(configMaps, configMap('now'));
      expect((await events.later())?.object.metadata.name).to.equal('now');
    });

    ownOnly(
      '42: a revision that is gone is HTTP 200 and then an ERROR event with 410 Expired',
      'the watch cache of kube-apiserver cannot be emptied from outside',
      async ({ server }) => {
        const made = await api.post(configMaps, configMap('a'));
        await api.merge(`${configMaps}/a`, { data: { b: '2' } });
        server.compact();
        const events = await api.watch(`${configMaps}?resourceVersion=${made.body.metadata.resourceVersion}`);
        expect(events.status).to.equal(200);
        const event = await events.next();
        expect(event.type).to.equal('ERROR');
        expect(event.object).to.include({ kind: 'Status', code: 410, reason: 'Expired' });
        expect(await events.next()).to.equal(undefined);
      },
    );

    it('43: a streaming list ends its initial events with a marked bookmark', async () => {
      await api.post(configMaps, configMap('a'));
      const events = await api.watch(`${configMaps}?${streaming}`);
      const [added, bookmark] = await events.take(2);
      expect(added.type).to.equal('ADDED');
      expect(bookmark.type).to.equal('BOOKMARK');
      expect(bookmark.object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' });
      expect(bookmark.object).to.include({ kind: 'ConfigMap', apiVersion: 'v1' });
      const empty = await api.watch(`/api/v1/namespaces/t/secrets?${streaming}`);
      expect((await empty.next()).type).to.equal('BOOKMARK');
      const plain = await api.watch(`${configMaps}?resourceVersion=0&allowWatchBookmarks=true`);
      expect((await plain.take(2)).map((event) => event.type)).to.deep.equal(['ADDED', 'BOOKMARK']);
    });

    it('43: without the match it is 422', async () => {
      const answer = await api.get(`${configMaps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true`);
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal(['FieldValueForbidden resourceVersionMatch']);
    });

    it('44: in a watch of tables only the first has columns', async () => {
      await api.post(configMaps, configMap('a'));
      const events = await api.watch(configMaps, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      const first = await events.next();
      await api.post(configMaps, configMap('b'));
      const second = await events.next();
      expect(first.object.columnDefinitions).to.have.length(3);
      expect(second.object.columnDefinitions).to.equal(null);
      expect(second.object.rows[0].cells[0]).to.equal('b');
    });

    it('45: a watch by name sees one object', async () => {
      const events = await api.watch(`${configMaps}?fieldSelector=metadata.name%3Dp0`);
      await api.post(configMaps, configMap('other'));
      await api.post(configMaps, configMap('p0'));
      expect(brief(await events.take(1))).to.deep.equal(['ADDED p0']);
    });

    ownOnly(
      'bookmarks come each minute, and the last one right before the timeout ends the stream',
      'it would take a minute and a half of real time',
      async ({ clock }) => {
        const { resourceVersion } = (await api.get(configMaps)).body.metadata;
        const query = `allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=${resourceVersion}`;
        const events = await api.watch(`${configMaps}?${query}`);
        expect(await events.arrived()).to.deep.equal([]);
        await clock.advance(60_000);
        expect((await events.later())?.type).to.equal('BOOKMARK');
        await clock.advance(30_000);
        expect((await events.next())?.type).to.equal('BOOKMARK');
        expect(await events.next()).to.equal(undefined);
      },
    );

    ownOnly(
      'a reader that falls far behind is cut off instead of filling the memory',
      'how far is a setting of the server and of the sockets between',
      async ({ server }) => {
        const events = await api.watch(`${configMaps}?resourceVersion=1`);
        const first = events.next();
        for (let n = 0; n < 17_000; n++)
          await server.client
            .merge({ group: '', version: 'v1', plural: 'configmaps' }, 't', 'a', { data: { n: String(n) } })
            .catch(() => api.post(configMaps, configMap('a')));
        expect((await first)?.type).to.equal('ADDED');
        let count = 1;
        while ((await events.next()) !== undefined) count++;
        expect(count).to.be.at.most(16_400);
      },
    );

    it('a malformed selector is an answer, not a broken stream', async () => {
      expect((await api.get(`${configMaps}?watch=true&labelSelector=${encodeURIComponent('a in b')}`)).status).to.equal(
        400,
      );
      expect((await api.get(`${configMaps}?watch=true&resourceVersion=abc`)).status).to.equal(500);
    });
  });
}
