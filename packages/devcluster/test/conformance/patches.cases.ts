import { expect } from 'chai';
import { type Api, causes, configMap, configMaps, crds, type Event, widget, widgetCrd, widgets } from './api.js';
import type { Serving } from './serving.js';

const deployments = '/apis/apps/v1/namespaces/t/deployments';

function deployment(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
            { name: 'side', image: 'side:1' },
          ],
        },
      },
    },
  };
}

const containersOf = (body: Event): Event[] => body.spec.template.spec.containers;

/** Strategic patches and server-side apply. */
export function patchesCases({ start }: Serving): void {
  describe('conformance: patches and apply', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    it('23: a strategic patch merges containers by name and their environment by name', async () => {
      await api.post(deployments, deployment());
      const { status, body } = await api.strategic(`${deployments}/web`, {
        spec: {
          template: { spec: { containers: [{ name: 'web', image: 'web:2', env: [{ name: 'B', value: '2' }] }] } },
        },
      });
      expect(status).to.equal(200);
      expect(containersOf(body).map(({ name, image }) => `${name} ${image}`)).to.deep.equal([
        'web web:2',
        'side side:1',
      ]);
      expect(
        containersOf(body)[0]
          .env.map((each: Event) => each.name)
          .sort(),
      ).to.deep.equal(['A', 'B']);
      expect(body.metadata.generation).to.equal(2);
    });

    it('24: $patch: delete, $setElementOrder and $retainKeys do what they say', async () => {
      await api.post(deployments, deployment());
      const ordered = await api.strategic(`${deployments}/web`, {
        spec: {
          template: {
            spec: { $setElementOrder: undefined, '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }] },
          },
        },
      });
      expect(containersOf(ordered.body).map(({ name }) => name)).to.deep.equal(['side', 'web']);
      const removed = await api.strategic(`${deployments}/web`, {
        spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
      });
      expect(containersOf(removed.body).map(({ name }) => name)).to.deep.equal(['web']);
      const recreated = await api.strategic(`${deployments}/web`, {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      });
      expect(recreated.status).to.equal(200);
      expect(recreated.body.spec.strategy).to.deep.equal({ type: 'Recreate' });
    });

    it('25: a merge patch replaces the list of containers', async () => {
      await api.post(deployments, deployment());
      const { body } = await api.merge(`${deployments}/web`, {
        spec: { template: { spec: { containers: [{ name: 'only', image: 'only:1' }] } } },
      });
      expect(containersOf(body).map(({ name }) => name)).to.deep.equal(['only']);
    });

    it('26: a strategic patch of a custom resource is 415 and names what is accepted', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      const { status, body } = await api.strategic(`${widgets}/w`, { spec: { size: 2 } });
      expect([status, body.reason]).to.deep.equal([415, 'UnsupportedMediaType']);
      for (const type of [
        'application/json-patch+json',
        'application/merge-patch+json',
        'application/apply-patch+yaml',
      ]) {
        expect(body.message).to.contain(type);
      }
    });

    it('27: apply creates, and applying the same again keeps the revision', async () => {
      const made = await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a'));
      expect(made.status).to.equal(201);
      expect(made.body.metadata.managedFields[0]).to.include({ manager: 'm1', operation: 'Apply' });
      expect(made.body.metadata.managedFields[0].fieldsV1).to.deep.equal({ 'f:data': { 'f:a': {} } });
      const again = await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a'));
      expect(again.status).to.equal(200);
      expect(again.body).to.deep.equal(made.body);
    });

    it('28: a key no longer applied goes', async () => {
      await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { a: '1', b: '2' }));
      const { body } = await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { b: '2' }));
      expect(body.data).to.deep.equal({ b: '2' });
    });

    it('29: a field of another manager is a 409 that names it; force takes it over', async () => {
      await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { a: '1' }));
      const refused = await api.apply(`${configMaps}/a?fieldManager=m2`, configMap('a', { a: '2' }));
      expect([refused.status, refused.body.reason]).to.deep.equal([409, 'Conflict']);
      expect(refused.body.details.causes).to.deep.equal([
        { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.a' },
      ]);
      expect(refused.body.message).to.equal('Apply failed with 1 conflict: conflict with "m1": .data.a');
      const forced = await api.apply(`${configMaps}/a?fieldManager=m2&force=true`, configMap('a', { a: '2' }));
      expect(forced.status).to.equal(200);
      expect(forced.body.metadata.managedFields.map((each: Event) => each.manager)).to.deep.equal(['m2']);
    });

    it('29: two managers may apply the same value, and the field goes only when both let go', async () => {
      await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { a: '1' }));
      await api.apply(`${configMaps}/a?fieldManager=m2`, configMap('a', { a: '1', b: '2' }));
      const first = await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', {}));
      expect(first.body.data).to.deep.equal({ a: '1', b: '2' });
      const second = await api.apply(`${configMaps}/a?fieldManager=m2`, configMap('a', { b: '2' }));
      expect(second.body.data).to.deep.equal({ b: '2' });
    });

    it('29: Apply and Update of one manager are two owners that can conflict', async () => {
      await api.post(`${configMaps}?fieldManager=m`, configMap('a', { a: '1' }));
      const refused = await api.apply(`${configMaps}/a?fieldManager=m`, configMap('a', { a: '2' }));
      expect(refused.status).to.equal(409);
      expect(refused.body.details.causes[0].message).to.equal('conflict with "m" using v1');
    });

    it('30: apply needs a manager, takes no managedFields, and force is for apply only', async () => {
      await api.post(configMaps, configMap('a'));
      const nobody = await api.apply(`${configMaps}/a`, configMap('a'));
      expect(nobody.status).to.equal(422);
      expect(causes(nobody)).to.deep.equal(['FieldValueRequired fieldManager']);
      expect(
        (await api.apply(`${configMaps}/a?fieldManager=m`, configMap('a', {}, { managedFields: [] }))).status,
      ).to.equal(400);
      const forced = await api.merge(`${configMaps}/a?force=true`, {});
      expect(forced.status).to.equal(422);
      expect(causes(forced)).to.deep.equal(['FieldValueForbidden force']);
    });

    it('31: apply under another name or without a type is 400; with a uid on nothing 409', async () => {
      expect((await api.apply(`${configMaps}/a?fieldManager=m`, configMap('b'))).status).to.equal(400);
      expect(
        (await api.apply(`${configMaps}/a?fieldManager=m`, { kind: 'ConfigMap', metadata: { name: 'a' } })).status,
      ).to.equal(400);
      expect((await api.apply(`${configMaps}/a?fieldManager=m`, configMap('a', {}, { uid: 'x' }))).status).to.equal(
        409,
      );
    });

    it('a patch with another uid is 422, also of the status and by apply; one without a uid is not about it', async () => {
      await api.post(configMaps, configMap('a'));
      await api.post(deployments, deployment());
      const uid = { metadata: { uid: 'other' } };
      const applied = configMap('a', {}, { uid: 'other' });
      for (const [how, answer] of Object.entries({
        merge: await api.merge(`${configMaps}/a`, uid),
        strategic: await api.strategic(`${configMaps}/a`, uid),
        json: await api.json(`${configMaps}/a`, [{ op: 'replace', path: '/metadata/uid', value: 'other' }]),
        apply: await api.apply(`${configMaps}/a?fieldManager=m&force=true`, applied),
        status: await api.merge(`${deployments}/web/status`, { ...uid, status: { replicas: 0 } }),
      })) {
        expect(answer.status, how).to.equal(422);
        expect(answer.body.message, how).to.contain('metadata.uid: Invalid value: "other": field is immutable');
        expect(new Set(causes(answer)), how).to.deep.equal(new Set(['FieldValueInvalid metadata.uid']));
      }
      expect((await api.merge(`${configMaps}/a`, { metadata: { uid: '' } })).status).to.equal(200);
      expect((await api.json(`${configMaps}/a`, [{ op: 'remove', path: '/metadata/uid' }])).status).to.equal(200);
      expect((await api.merge(`${deployments}/web/scale`, { ...uid, spec: { replicas: 0 } })).status).to.equal(409);
    });

    it('the uid in a patch of a custom resource counts for the resource, and not for its status', async () => {
      await api.post(crds, widgetCrd());
      const { body } = await api.post(widgets, widget('w', { size: 1 }));
      const metadata = { uid: 'other' };
      expect((await api.merge(`${widgets}/w`, { metadata })).status).to.equal(422);
      const configuration = widget('w', { size: 1 }, metadata);
      expect((await api.apply(`${widgets}/w?fieldManager=m&force=true`, configuration)).status).to.equal(422);
      const merged = await api.merge(`${widgets}/w/status`, { metadata, status: { selector: 'merged' } });
      expect([merged.status, merged.body.metadata.uid]).to.deep.equal([200, body.metadata.uid]);
      expect(merged.body.status).to.deep.equal({ selector: 'merged' });
      const status = { ...widget('w', {}, metadata), spec: undefined, status: { selector: 'applied' } };
      const applied = await api.apply(`${widgets}/w/status?fieldManager=m&force=true`, status);
      expect([applied.status, applied.body.metadata.uid]).to.deep.equal([200, body.metadata.uid]);
      const whole = { ...applied.body, metadata: { ...applied.body.metadata, ...metadata } };
      expect((await api.put(`${widgets}/w/status`, whole)).status).to.equal(409);
    });

    it('apply of a field the type does not have is a 500 from the typed converter', async () => {
      const { status, body } = await api.apply(`${configMaps}/a?fieldManager=m`, { ...configMap('a'), surprise: 1 });
      expect(status).to.equal(500);
      expect(body.message).to.contain(
        'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .surprise: field not declared in schema',
      );
    });

    it('apply gives the fields of lists of containers and ports to their manager by key', async () => {
      const { body } = await api.apply(`${deployments}/web?fieldManager=m`, {
        ...deployment(),
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }] },
          },
        },
      });
      const owned = body.metadata.managedFields[0].fieldsV1['f:spec']['f:template']['f:spec']['f:containers'];
      expect(owned['k:{"name":"web"}']['f:ports']).to.deep.equal({
        'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
      });
      expect(body.metadata.managedFields[0].fieldsV1['f:spec']['f:selector']).to.deep.equal({});
      expect(body.spec.template.spec.containers[0].ports).to.deep.equal([{ containerPort: 80, protocol: 'TCP' }]);
    });

    it('what nobody is known to own is not tracked before somebody applies to it', async () => {
      await api.post(configMaps, configMap('a', {}));
      const merged = await api.merge(`${configMaps}/a`, { data: { c: '1' } });
      expect(merged.body.metadata).not.to.have.property('managedFields');
      const { body } = await api.apply(`${configMaps}/a?fieldManager=m`, configMap('a', { a: '1' }));
      expect(body.metadata.managedFields.map((each: Event) => [each.manager, each.fieldsV1])).to.deep.equal([
        ['m', { 'f:data': { 'f:a': {} } }],
        ['before-first-apply', { 'f:data': { '.': {}, 'f:c': {} } }],
      ]);
    });

    it('apply that lets go of its last metadata leaves that of others alone', async () => {
      await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', {}, { labels: { mine: '1' } }));
      await api.delete(`${configMaps}/a`, { propagationPolicy: 'Orphan' });
      const { body } = await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { b: '1' }));
      expect(body.metadata.finalizers).to.deep.equal(['orphan']);
      expect(body.metadata).not.to.have.property('labels');
    });

    it('an update takes over the fields it changes from whoever applied them', async () => {
      await api.apply(`${configMaps}/a?fieldManager=m1`, configMap('a', { a: '1', b: '2' }));
      const { body } = await api.merge(`${configMaps}/a?fieldManager=edit`, { data: { a: '9' } });
      const owners = Object.fromEntries(
        body.metadata.managedFields.map((each: Event) => [`${each.manager} ${each.operation}`, each.fieldsV1]),
      );
      expect(owners).to.deep.equal({
        'm1 Apply': { 'f:data': { 'f:b': {} } },
        'edit Update': { 'f:data': { 'f:a': {} } },
      });
    });
  });
}
