import { expect } from 'chai';
import { type Answer, type Api, causes, crds, type Event, widget, widgetCrd, widgets } from './api.js';
import type { Serving } from './serving.js';

const condition = (body: Event, type: string): Event =>
  body.status.conditions.find((each: Event) => each.type === type);

/** Definitions, and the objects they define. */
export function customResourcesCases({ start }: Serving): void {
  describe('conformance: custom resources', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
    });
    afterEach(() => api.stop());

    const refusedCrd = async (change: (crd: Event) => void): Promise<Answer> => {
      const answer = await api.post(crds, widgetCrd(change));
      expect(answer.status).to.equal(422);
      return answer;
    };

    it('52: a definition is accepted, established, and served at once', async () => {
      expect((await api.post(crds, widgetCrd())).status).to.equal(201);
      expect((await api.get(widgets)).status).to.equal(200);
      const { body } = await api.get(`${crds}/widgets.ex.io`);
      expect(condition(body, 'NamesAccepted')).to.include({ status: 'True', reason: 'NoConflicts' });
      expect(condition(body, 'Established')).to.include({ status: 'True', reason: 'InitialNamesAccepted' });
      expect(body.status.storedVersions).to.deep.equal(['v1']);
      expect(body.status.acceptedNames).to.include({ listKind: 'WidgetList', plural: 'widgets' });
      const group = await api.get('/apis/ex.io');
      expect(group.body.preferredVersion.version).to.equal('v1');
      const { body: list } = await api.get('/apis/ex.io/v1');
      expect(list.resources.map((each: Event) => `${each.name} ${each.kind}`)).to.deep.equal([
        'widgets Widget',
        'widgets/status Widget',
        'widgets/scale Scale',
      ]);
      expect(list.resources[0]).to.deep.include({ shortNames: ['wd'], categories: ['all'], singularName: 'widget' });
      expect([...list.resources[0].verbs].sort()).to.deep.equal([
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]);
    });

    it('52: the list kind is derived from the kind where it is left out', async () => {
      await api.post(
        crds,
        widgetCrd((crd) => delete crd.spec.names.listKind),
      );
      expect((await api.get(widgets)).body.kind).to.equal('WidgetList');
    });

    it('53: a definition that cannot work is refused with the field', async () => {
      const schemaPath = 'spec.versions[0].schema.openAPIV3Schema';
      const name = await refusedCrd((crd) => {
        crd.metadata.name = 'other.ex.io';
      });
      expect(causes(name)).to.include('FieldValueInvalid metadata.name');
      const schemaless = await refusedCrd((crd) => delete crd.spec.versions[0].schema);
      expect(causes(schemaless)).to.include(`FieldValueRequired ${schemaPath}`);
      const untyped = await refusedCrd((crd) => {
        delete crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.note.type;
      });
      expect(causes(untyped)).to.include(`FieldValueRequired ${schemaPath}.properties[spec].properties[note].type`);
      const rule = await refusedCrd((crd) => {
        crd.spec.versions[0].schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'][0].rule = 'self.size >';
      });
      expect(causes(rule)).to.include(
        `FieldValueInvalid ${schemaPath}.properties[spec].x-kubernetes-validations[0].rule`,
      );
      const fallback = await refusedCrd((crd) => {
        crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.replicas.default = 'many';
      });
      expect(causes(fallback)).to.include(
        `FieldValueTypeInvalid ${schemaPath}.properties[spec].properties[replicas].default`,
      );
      const storage = await refusedCrd((crd) => {
        crd.spec.versions[0].storage = false;
      });
      expect(causes(storage)).to.include('FieldValueInvalid spec.versions');
    });

    it('53: a kind that is taken is created, but its names are not accepted and nothing is served', async () => {
      await api.post(crds, widgetCrd());
      const second = await api.post(
        crds,
        widgetCrd((crd) => {
          crd.metadata.name = 'gadgets.ex.io';
          crd.spec.names = { plural: 'gadgets', singular: 'gadget', kind: 'Widget', listKind: 'GadgetList' };
        }),
      );
      expect(second.status).to.equal(201);
      const { body } = await api.get(`${crds}/gadgets.ex.io`);
      expect(condition(body, 'NamesAccepted')).to.include({ status: 'False', reason: 'KindConflict' });
      expect(condition(body, 'Established')).to.include({ status: 'False', reason: 'NotAccepted' });
      expect((await api.get('/apis/ex.io/v1/namespaces/t/gadgets')).status).to.equal(404);
    });

    it('54: unknown fields are pruned with a warning, defaults filled in, a status dropped', async () => {
      await api.post(crds, widgetCrd());
      const { status, headers, body } = await api.post(widgets, {
        ...widget('w', { size: 1, surprise: true, items: [{ name: 'a' }, { name: 'b', value: 1, odd: 1 }] }),
        status: { replicas: 9 },
      });
      expect(status).to.equal(201);
      expect((headers.warning ?? '').split(', ').sort()).to.deep.equal([
        '299 - "unknown field \\"spec.items[1].odd\\""',
        '299 - "unknown field \\"spec.surprise\\""',
      ]);
      expect(body.spec).to.deep.equal({
        size: 1,
        mode: 'A',
        replicas: 1,
        notnul: 'd',
        items: [
          { name: 'a', value: 7 },
          { name: 'b', value: 1 },
        ],
      });
      expect(body).not.to.have.property('status');
      expect(body.metadata.generation).to.equal(1);
      const strict = await api.post(`${widgets}?fieldValidation=Strict`, widget('x', { size: 1, surprise: true }));
      expect(strict.status).to.equal(400);
    });

    it('55: five faults are five causes of one 422', async () => {
      await api.post(crds, widgetCrd());
      const answer = await api.post(
        widgets,
        widget('w', { size: 11, mode: 'C', note: 'TOO long', tags: ['a', 'a'], replicas: -1 }),
      );
      expect(answer.status).to.equal(422);
      expect(causes(answer)).to.deep.equal([
        'FieldValueDuplicate spec.tags[1]',
        'FieldValueInvalid .spec.replicas',
        'FieldValueInvalid <nil>',
        'FieldValueInvalid spec.replicas',
        'FieldValueInvalid spec.size',
        'FieldValueNotSupported spec.mode',
        'FieldValueTooLong spec.note',
      ]);
      expect(answer.body.message).to.contain('Widget.ex.io "w" is invalid: [');
      expect(answer.body.message).to.contain('some validation rules were not checked because the object was invalid');
      expect(causes(await api.post(widgets, widget('w', {})))).to.include('FieldValueRequired spec.size');
    });

    it('56: types are strict, but 2.0 is the integer 2', async () => {
      await api.post(crds, widgetCrd());
      for (const [spec, cause] of [
        ['{"size":"2"}', 'FieldValueTypeInvalid spec.size'],
        ['{"size":2.5}', 'FieldValueTypeInvalid spec.size'],
        ['{"size":1,"port":true}', 'FieldValueTypeInvalid spec.port'],
        ['{"size":1,"tags":["a","a"]}', 'FieldValueDuplicate spec.tags[1]'],
        ['{"size":1,"items":[{"name":"a"},{"name":"a"}]}', 'FieldValueDuplicate spec.items[1]'],
      ] as const) {
        const answer = await api.post(
          widgets,
          `{"apiVersion":"ex.io/v1","kind":"Widget","metadata":{"name":"w"},"spec":${spec}}`,
        );
        expect(answer.status, spec).to.equal(422);
        expect(
          causes(answer).filter((each) => !each.endsWith('<nil>')),
          spec,
        ).to.deep.equal([cause]);
      }
      const good = await api.post(
        widgets,
        '{"apiVersion":"ex.io/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":2.0}}',
      );
      expect(good.body.spec.size).to.equal(2);
    });

    it('57: rules are run, on the field they name; a rule about the past runs on updates only', async () => {
      await api.post(crds, widgetCrd());
      const above = await api.post(widgets, widget('w', { size: 3, max: 2 }));
      expect(above.status).to.equal(422);
      expect(causes(above)).to.deep.equal(['FieldValueInvalid spec.size']);
      expect(above.body.message).to.contain('size must not be above max');
      await api.post(widgets, widget('w', { size: 1 }));
      const moved = await api.merge(`${widgets}/w`, { spec: { mode: 'B' } });
      expect(moved.status).to.equal(422);
      expect(causes(moved)).to.deep.equal(['FieldValueInvalid spec']);
      expect(moved.body.message).to.equal(
        'Widget.ex.io "w" is invalid: spec: Invalid value: "object": mode is immutable',
      );
    });

    it('58: labels leave the generation, the spec moves it, and /status changes the status only', async () => {
      await api.post(crds, widgetCrd());
      const { body: made } = await api.post(widgets, widget('w', { size: 1 }));
      const labelled = await api.put(`${widgets}/w`, { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
      expect(labelled.body.metadata.generation).to.equal(1);
      const grown = await api.put(`${widgets}/w`, { ...labelled.body, spec: { ...made.spec, size: 2 } });
      expect(grown.body.metadata.generation).to.equal(2);
      const status = await api.put(`${widgets}/w/status`, {
        ...grown.body,
        metadata: { ...grown.body.metadata, labels: { changed: 'yes' } },
        spec: { size: 9 },
        status: { replicas: 3 },
      });
      expect(status.status).to.equal(200);
      expect(status.body.metadata.generation).to.equal(2);
      expect(status.body.spec.size).to.equal(2);
      expect(status.body.metadata.labels).to.deep.equal({ a: 'b' });
      expect(status.body.status).to.deep.equal({ replicas: 3 });
      expect(status.body.metadata.managedFields.some((each: Event) => each.subresource === 'status')).to.equal(true);
      const main = await api.put(`${widgets}/w`, { ...status.body, status: { replicas: 8 } });
      expect(main.body.status).to.deep.equal({ replicas: 3 });
    });

    it('58: a PUT of a custom resource must name the revision it starts from', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      const blind = await api.put(`${widgets}/w`, widget('w', { size: 2 }));
      expect(blind.status).to.equal(422);
      expect(causes(blind)).to.deep.equal(['FieldValueInvalid metadata.resourceVersion']);
    });

    it('59: nulls are left out where they may not be, except in lists and in what apply merges', async () => {
      await api.post(crds, widgetCrd());
      const { status, body } = await api.post(
        widgets,
        widget('w', { size: 1, note: null, items: null, options: { k: null } }),
      );
      expect(status).to.equal(201);
      expect(body.spec).to.deep.equal({ size: 1, mode: 'A', replicas: 1, notnul: 'd', options: {} });
      expect((await api.post(widgets, widget('x', { size: 1, tags: [null] }))).status).to.equal(422);
      expect(
        (await api.apply(`${widgets}/y?fieldManager=m`, widget('y', { size: 1, options: { k: null } }))).status,
      ).to.equal(422);
    });

    it('59: null in a field that has a default brings the default back', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1, notnul: 'd' }));
      const { body } = await api.merge(`${widgets}/w`, { spec: { notnul: null } });
      expect(body.spec.notnul).to.equal('d');
      expect(body.metadata.generation).to.equal(1);
    });

    it('60: /scale is a Scale; it moves the generation and its owner is the subresource', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      await api.merge(`${widgets}/w/status`, { status: { replicas: 1, selector: 'a=b' } });
      const scale = await api.get(`${widgets}/w/scale`);
      expect(scale.body).to.deep.include({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: { replicas: 1 },
        status: { replicas: 1, selector: 'a=b' },
      });
      const put = await api.put(`${widgets}/w/scale`, { ...scale.body, spec: { replicas: 4 } });
      expect([put.status, put.body.spec.replicas]).to.deep.equal([200, 4]);
      const { body } = await api.get(`${widgets}/w`);
      expect(body.metadata.generation).to.equal(2);
      expect(body.metadata.managedFields.some((each: Event) => each.subresource === 'scale')).to.equal(true);
      const negative = await api.merge(`${widgets}/w/scale`, { spec: { replicas: -1 } });
      expect(negative.status).to.equal(422);
      expect(causes(negative)).to.deep.equal(['FieldValueInvalid .spec.replicas', 'FieldValueInvalid spec.replicas']);
    });

    it('61: two managers apply items of one list, and each takes only its own away', async () => {
      await api.post(crds, widgetCrd());
      await api.apply(`${widgets}/w?fieldManager=m1`, widget('w', { size: 1, items: [{ name: 'a' }, { name: 'b' }] }));
      await api.apply(
        `${widgets}/w?fieldManager=m2`,
        widget('w', { size: 1, items: [{ name: 'b' }, { name: 'c', value: 3 }] }),
      );
      const { body } = await api.apply(`${widgets}/w?fieldManager=m1`, widget('w', { size: 1 }));
      expect(body.spec.items).to.deep.equal([
        { name: 'b', value: 7 },
        { name: 'c', value: 3 },
      ]);
    });

    it('61: sets are joined, and an atomic map is replaced as a whole', async () => {
      await api.post(crds, widgetCrd());
      await api.apply(`${widgets}/w?fieldManager=m1`, widget('w', { size: 1, tags: ['a'], options: { x: '1' } }));
      const joined = await api.apply(`${widgets}/w?fieldManager=m2`, widget('w', { size: 1, tags: ['b'] }));
      expect([...joined.body.spec.tags].sort()).to.deep.equal(['a', 'b']);
      const refused = await api.apply(
        `${widgets}/w?fieldManager=m2`,
        widget('w', { size: 1, tags: ['b'], options: { y: '2' } }),
      );
      expect(refused.status).to.equal(409);
      expect(refused.body.details.causes.map((each: Event) => each.field)).to.deep.equal(['.spec.options']);
      const replaced = await api.apply(
        `${widgets}/w?fieldManager=m1`,
        widget('w', { size: 1, tags: ['a'], options: { z: '3' } }),
      );
      expect(replaced.body.spec.options).to.deep.equal({ z: '3' });
    });

    it('62: apply on /status owns the status only; on nothing it is 404', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      const status = { ...widget('w', { size: 5 }), status: { replicas: 2 } };
      const { body } = await api.apply(`${widgets}/w/status?fieldManager=m`, status);
      expect(body.spec.size).to.equal(1);
      expect(body.metadata.generation).to.equal(1);
      const entry = body.metadata.managedFields.find((each: Event) => each.manager === 'm');
      expect(entry).to.deep.include({ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } });
      expect((await api.apply(`${widgets}/nope/status?fieldManager=m`, widget('nope', { size: 1 }))).status).to.equal(
        404,
      );
    });

    it('63: a field declared selectable selects, another is 400', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('a', { size: 1, mode: 'A' }));
      await api.post(widgets, widget('b', { size: 1, mode: 'B' }));
      const { body } = await api.get(`${widgets}?fieldSelector=spec.mode%3DB`);
      expect(body.items.map((item: Event) => item.metadata.name)).to.deep.equal(['b']);
      expect((await api.get(`${widgets}?fieldSelector=spec.size%3D1`)).status).to.equal(400);
    });

    it('64: a tightened schema lets unchanged values pass and refuses changed ones', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 9 }));
      const tighter = {
        spec: {
          versions: (
            widgetCrd((crd) => {
              for (const version of crd.spec.versions)
                version.schema.openAPIV3Schema.properties.spec.properties.size.maximum = 5;
            }) as Event
          ).spec.versions,
        },
      };
      expect((await api.merge(`${crds}/widgets.ex.io`, tighter)).status).to.equal(200);
      expect((await api.merge(`${widgets}/w`, { metadata: { labels: { a: 'b' } } })).status).to.equal(200);
      await api.eventually(async () => {
        const changed = await api.merge(`${widgets}/w?dryRun=All`, { spec: { size: 8 } });
        expect(changed.status).to.equal(422);
        expect(causes(changed)).to.deep.equal(['FieldValueInvalid spec.size']);
      });
      expect((await api.merge(`${widgets}/w`, { metadata: { labels: { a: 'c' } } })).status).to.equal(200);
    });

    it('65: a deprecated version is served with a warning; a wrong version is 400, a wrong kind 422', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      const old = await api.get('/apis/ex.io/v1alpha1/namespaces/t/widgets/w');
      expect(old.status).to.equal(200);
      expect(old.body.apiVersion).to.equal('ex.io/v1alpha1');
      expect(old.headers.warning).to.equal('299 - "ex.io/v1alpha1 Widget is deprecated; use ex.io/v1 Widget"');
      expect((await api.post(widgets, { ...widget('x', { size: 1 }), apiVersion: 'ex.io/v1alpha1' })).status).to.equal(
        400,
      );
      expect((await api.post(widgets, { ...widget('x', { size: 1 }), kind: 'Gadget' })).status).to.equal(422);
    });

    it('66: deleting a definition deletes its instances first, with an event each, and then it is not served', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('a', { size: 1 }));
      await api.post(widgets, widget('b', { size: 1 }));
      const events = await api.watch(`${widgets}?resourceVersion=0`);
      expect((await events.take(2)).map((event) => event.type)).to.deep.equal(['ADDED', 'ADDED']);
      const deleted = await api.delete(`${crds}/widgets.ex.io`);
      expect(deleted.body.metadata.finalizers).to.deep.equal(['customresourcecleanup.apiextensions.k8s.io']);
      expect(condition(deleted.body, 'Terminating').status).to.equal('True');
      expect((await events.take(2)).map((event) => event.type)).to.deep.equal(['DELETED', 'DELETED']);
      await api.eventually(async () => {
        expect((await api.get(`${crds}/widgets.ex.io`)).status).to.equal(404);
        const gone = await api.get(widgets);
        expect([gone.status, gone.text]).to.deep.equal([404, '404 page not found\n']);
      });
    });

    it('66: an instance with a finalizer keeps its definition until it is gone', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('a', { size: 1 }, { finalizers: ['ex.io/hold'] }));
      await api.delete(`${crds}/widgets.ex.io`);
      await api.eventually(async () =>
        expect((await api.get(`${widgets}/a`)).body.metadata).to.have.property('deletionTimestamp'),
      );
      expect((await api.post(widgets, widget('b', { size: 1 }))).status).to.equal(403);
      await api.merge(`${widgets}/a`, { metadata: { finalizers: null } });
      await api.eventually(async () => expect((await api.get(`${crds}/widgets.ex.io`)).status).to.equal(404));
    });

    it('a finalizer without a path is warned of by the write that brings it, and by no later one', async () => {
      await api.post(crds, widgetCrd());
      const advice = (finalizer: string, better: string): string =>
        `299 - "metadata.finalizers: \\"${finalizer}\\": prefer a domain-qualified finalizer ${better} to avoid accidental conflicts with other finalizer writers"`;
      const made = await api.post(widgets, widget('a', { size: 1 }, { finalizers: ['hold.ex.io'] }));
      expect(made.headers.warning).to.equal(advice('hold.ex.io', 'name including a path (/)'));
      const changed = await api.merge(`${widgets}/a`, { spec: { size: 2 } });
      expect(changed.headers.warning).to.equal(undefined);
      const more = await api.merge(`${widgets}/a`, { metadata: { finalizers: ['hold.ex.io', 'more', 'ex.io/hold'] } });
      expect(more.headers.warning).to.equal(advice('more', 'name'));
      await api.merge(`${widgets}/a`, { metadata: { finalizers: null } });
    });

    it('what is nested beyond all measure is 400', async () => {
      await api.post(crds, widgetCrd());
      const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
      const { status } = await api.post(
        widgets,
        `{"apiVersion":"ex.io/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":1,"options":${deep}}}`,
      );
      expect(status).to.equal(400);
      expect((await api.get(widgets)).body.items).to.deep.equal([]);
    });

    it('a default added to the schema later shows up in what is already stored', async () => {
      await api.post(crds, widgetCrd());
      await api.post(widgets, widget('w', { size: 1 }));
      const later = {
        spec: {
          versions: (
            widgetCrd((crd) => {
              for (const version of crd.spec.versions) {
                version.schema.openAPIV3Schema.properties.spec.properties.late = { type: 'string', default: 'here' };
              }
            }) as Event
          ).spec.versions,
        },
      };
      await api.merge(`${crds}/widgets.ex.io`, later);
      await api.eventually(async () => expect((await api.get(`${widgets}/w`)).body.spec.late).to.equal('here'));
    });
  });
}
