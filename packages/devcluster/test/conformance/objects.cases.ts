import { expect } from 'chai';
import { type Api, causes, configMap, configMaps } from './api.js';
import type { Serving } from './serving.js';

// The numbers are those of the conformance table in the docs; the answers are those of kube-apiserver 1.34.4.
/** One object: created, read, replaced, patched. */
export function objectsCases({ start }: Serving): void {
  describe('conformance: one object', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('1: a new ConfigMap gets uid, revision, time and one field owner, and no generation', async () => {
      const { status, body } = await api.post(configMaps, configMap('a'));
      expect(status).to.equal(201);
      expect(Object.keys(body.metadata).sort()).to.deep.equal([
        'creationTimestamp',
        'managedFields',
        'name',
        'namespace',
        'resourceVersion',
        'uid',
      ]);
      expect(body.metadata.creationTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(body.metadata.managedFields).to.have.length(1);
      expect(body.metadata.managedFields[0]).to.include({
        manager: 'conformance',
        operation: 'Update',
        apiVersion: 'v1',
      });
      expect(body.metadata.managedFields[0].fieldsV1).to.deep.equal({ 'f:data': { '.': {}, 'f:a': {} } });
    });

    it('2: creating the same name twice is 409 AlreadyExists', async () => {
      await api.post(configMaps, configMap('a'));
      const { status, body } = await api.post(configMaps, configMap('a'));
      expect([status, body.reason]).to.deep.equal([409, 'AlreadyExists']);
      expect(body.message).to.equal('configmaps "a" already exists');
      expect(body.details).to.deep.equal({ name: 'a', kind: 'configmaps' });
    });

    it('3: a namespace that does not exist is 404 and is what the answer names', async () => {
      const { status, body } = await api.post('/api/v1/namespaces/nope/configmaps', configMap('a'));
      expect(status).to.equal(404);
      expect(body.details).to.deep.equal({ name: 'nope', kind: 'namespaces' });
    });

    it('4: a namespace in the body other than the one in the path is 400', async () => {
      const { status, body } = await api.post(configMaps, configMap('a', {}, { namespace: 'other' }));
      expect([status, body.reason]).to.deep.equal([400, 'BadRequest']);
    });

    it('5: a name that is no DNS subdomain is 422 on metadata.name, with the Kind in the details', async () => {
      const answer = await api.post(configMaps, configMap('Bad_Name'));
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal(['FieldValueInvalid metadata.name']);
      expect(answer.body.details.kind).to.equal('ConfigMap');
      expect(answer.body.message).to.match(
        /^ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123/,
      );
    });

    it('6: no name at all is 422 with a required value', async () => {
      const answer = await api.post(configMaps, { metadata: {} });
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal(['FieldValueRequired metadata.name']);
    });

    it('7: generateName is completed with five characters that spell no word', async () => {
      const { status, body } = await api.post(configMaps, { metadata: { generateName: 'x-' } });
      expect(status).to.equal(201);
      expect(body.metadata.name).to.match(/^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      const long = await api.post(configMaps, { metadata: { generateName: 'y'.repeat(70) } });
      expect(long.body.metadata.name).to.have.length(63);
    });

    it('8: a resourceVersion on create is a 500 without a reason', async () => {
      const { status, body } = await api.post(configMaps, configMap('a', {}, { resourceVersion: '5' }));
      expect(status).to.equal(500);
      expect(body).not.to.have.property('reason');
      expect(body.message).to.equal('resourceVersion should not be set on objects to be created');
    });

    it('9: what only the server may say is replaced', async () => {
      const { status, body } = await api.post(
        configMaps,
        configMap(
          'a',
          {},
          { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', deletionTimestamp: '2001-01-01T00:00:00Z' },
        ),
      );
      expect(status).to.equal(201);
      expect(body.metadata.uid).not.to.equal('mine');
      expect(body.metadata.creationTimestamp).not.to.match(/^2001/);
      expect(body.metadata).not.to.have.property('deletionTimestamp');
    });

    it('10: another kind than the path says is 400', async () => {
      const { status } = await api.post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
      expect(status).to.equal(400);
    });

    it('11: broken JSON is 400, plain text 415, YAML is fine', async () => {
      expect((await api.post(configMaps, '{"metadata":')).status).to.equal(400);
      expect((await api.post(configMaps, 'x', { 'content-type': 'text/plain' })).status).to.equal(415);
      const yaml = await api.post(
        configMaps,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: "1"}\n',
        {
          'content-type': 'application/yaml',
        },
      );
      expect(yaml.status).to.equal(201);
      expect(yaml.body.data).to.deep.equal({ a: '1' });
    });

    it('12: an unknown field is refused under Strict and warned of otherwise', async () => {
      const body = { ...configMap('a'), surprise: 1 };
      const strict = await api.post(`${configMaps}?fieldValidation=Strict`, body);
      expect(strict.status).to.equal(400);
      expect(strict.body.message).to.contain('strict decoding error: unknown field "surprise"');
      for (const [name, query] of [
        ['b', '?fieldValidation=Warn'],
        ['c', ''],
      ]) {
        const warned = await api.post(`${configMaps}${query}`, { ...configMap(name as string), surprise: 1 });
        expect(warned.status).to.equal(201);
        expect(warned.headers.warning).to.equal('299 - "unknown field \\"surprise\\""');
        expect(warned.body).not.to.have.property('surprise');
      }
      const ignored = await api.post(`${configMaps}?fieldValidation=Ignore`, { ...configMap('d'), surprise: 1 });
      expect(ignored.headers).not.to.have.property('warning');
    });

    it('12: a key that stands twice is refused under Strict', async () => {
      const text = '{"metadata":{"name":"a"},"data":{"k":"1","k":"2"}}';
      const strict = await api.post(`${configMaps}?fieldValidation=Strict`, text);
      expect(strict.status).to.equal(400);
      expect(strict.body.message).to.contain('duplicate field "data.k"');
      expect((await api.post(configMaps, text)).body.data).to.deep.equal({ k: '2' });
    });

    it('13: a dry run answers without a revision and stores nothing', async () => {
      const { status, body } = await api.post(`${configMaps}?dryRun=All`, configMap('a'));
      expect(status).to.equal(201);
      expect(body.metadata).not.to.have.property('resourceVersion');
      expect(body.metadata).to.have.property('uid');
      expect((await api.get(`${configMaps}/a`)).status).to.equal(404);
      const wrong = await api.post(`${configMaps}?dryRun=Some`, configMap('a'));
      expect(wrong.status).to.equal(422);
      expect(causes(wrong)).to.deep.equal(['FieldValueNotSupported dryRun']);
    });

    it('14: missing object and unknown resource are a Status, an unknown group is plain text', async () => {
      const missing = await api.get(`${configMaps}/nope`);
      expect([missing.status, missing.body.reason]).to.deep.equal([404, 'NotFound']);
      expect(missing.body.details).to.deep.equal({ name: 'nope', kind: 'configmaps' });
      const resource = await api.get('/api/v1/namespaces/t/nopes');
      expect([resource.status, resource.body.kind]).to.deep.equal([404, 'Status']);
      const group = await api.get('/apis/nope.io/v1/nopes');
      expect([group.status, group.text, group.headers['content-type']]).to.deep.equal([
        404,
        '404 page not found\n',
        'text/plain; charset=utf-8',
      ]);
    });

    it('15: POST to an object and HEAD of a list are 405', async () => {
      expect((await api.post(`${configMaps}/a`, configMap('a'))).status).to.equal(405);
      expect((await api.call('HEAD', configMaps)).status).to.equal(405);
    });

    it('16: a PUT that changes nothing keeps the revision', async () => {
      const made = await api.post(configMaps, configMap('a'));
      const { status, body } = await api.put(`${configMaps}/a`, made.body);
      expect(status).to.equal(200);
      expect(body).to.deep.equal(made.body);
    });

    it('17: a stale revision is 409; none, or 0, is unconditional', async () => {
      const made = await api.post(configMaps, configMap('a'));
      await api.merge(`${configMaps}/a`, { data: { b: '2' } });
      const stale = await api.put(`${configMaps}/a`, made.body);
      expect([stale.status, stale.body.reason]).to.deep.equal([409, 'Conflict']);
      expect(stale.body.message).to.contain(
        'the object has been modified; please apply your changes to the latest version',
      );
      expect((await api.put(`${configMaps}/a`, configMap('a', { c: '3' }))).status).to.equal(200);
      expect((await api.put(`${configMaps}/a`, configMap('a', { d: '4' }, { resourceVersion: '0' }))).status).to.equal(
        200,
      );
    });

    it('18: a PUT under another name is 400, with another uid 409, of nothing 404', async () => {
      await api.post(configMaps, configMap('a'));
      expect((await api.put(`${configMaps}/a`, configMap('b'))).status).to.equal(400);
      expect((await api.put(`${configMaps}/a`, configMap('a', {}, { uid: 'other' }))).status).to.equal(409);
      expect((await api.put(`${configMaps}/nope`, configMap('nope'))).status).to.equal(404);
    });

    it('19: a merge patch adds keys, and null takes one away', async () => {
      await api.post(configMaps, configMap('a', { k: '1', z: '2' }));
      const { status, body } = await api.merge(`${configMaps}/a`, { data: { k: null, n: '1' } });
      expect(status).to.equal(200);
      expect(body.data).to.deep.equal({ z: '2', n: '1' });
    });

    it('20: a merge patch with a stale revision is 409, one that renames 400', async () => {
      const made = await api.post(configMaps, configMap('a'));
      await api.merge(`${configMaps}/a`, { data: { b: '2' } });
      const stale = await api.merge(`${configMaps}/a`, {
        metadata: { resourceVersion: made.body.metadata.resourceVersion },
        data: { c: '3' },
      });
      expect(stale.status).to.equal(409);
      expect((await api.merge(`${configMaps}/a`, { metadata: { name: 'b' } })).status).to.equal(400);
    });

    it('21: a JSON patch that does not fit the object is 422 with a general message', async () => {
      await api.post(configMaps, configMap('a'));
      for (const operation of [
        { op: 'test', path: '/data/a', value: 'other' },
        { op: 'remove', path: '/data/nope' },
        { op: 'add', path: '/nope/x', value: '1' },
      ]) {
        const { status, body } = await api.json(`${configMaps}/a`, [operation]);
        expect([status, body.reason, body.message]).to.deep.equal([
          422,
          'Invalid',
          'the server rejected our request due to an error in our request',
        ]);
      }
      const good = await api.json(`${configMaps}/a`, [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b~1c', value: '2' },
      ]);
      expect(good.status).to.equal(422);
      expect(causes(good)).to.deep.equal(['FieldValueInvalid data[b/c]']);
    });

    it('22: a patch labelled application/json is 415', async () => {
      await api.post(configMaps, configMap('a'));
      expect((await api.call('PATCH', `${configMaps}/a`, {})).status).to.equal(415);
    });

    it('more than 10,000 operations in a JSON patch are 413', async () => {
      await api.post(configMaps, configMap('a'));
      const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' }));
      expect((await api.json(`${configMaps}/a`, operations)).status).to.equal(413);
    });

    it('ten merge patches at once all succeed', async () => {
      await api.post(configMaps, configMap('a', {}));
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => api.merge(`${configMaps}/a`, { data: { [`k${n}`]: 'x' } })),
      );
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(10).fill(200));
      expect(Object.keys((await api.get(`${configMaps}/a`)).body.data)).to.have.length(10);
    });

    it('a body above 3 MiB is 413', async () => {
      expect((await api.post(configMaps, configMap('a', { big: 'x'.repeat(3 * 1024 * 1024) }))).status).to.equal(413);
    });
  });
}
