import { expect } from 'chai';
import { type Api, crds, type Event, widgetCrd, widgets } from './api.js';
import type { Serving } from './serving.js';

const big = '9007199254740993';
const least = '-9223372036854775808';
const revisions = '/apis/apps/v1/namespaces/t/controllerrevisions';

/** JSON in which a text such as `int:9007199254740993` stands for that number, which JavaScript could not write. */
function text(value: unknown): string {
  return JSON.stringify(value).replace(/"int:(-?\d+)"/g, '$1');
}

const numbered = (name: string, spec: object, metadata: object = {}): string =>
  text({ apiVersion: 'ex.io/v1', kind: 'Widget', metadata: { name, ...metadata }, spec: { size: 1, ...spec } });

const typed = (type: string) => ({ 'content-type': type });

/** Every digit of `"key": digits` as it stands in an answer. */
function digits(answer: { readonly text: string }, key: string): string | undefined {
  return new RegExp(`"${key}":\\s*(-?[\\d.e+]+)`).exec(answer.text)?.[1];
}

function definition(): string {
  const crd = widgetCrd((draft: Event) => {
    const [version] = draft.spec.versions;
    const { spec } = version.schema.openAPIV3Schema.properties;
    Object.assign(spec.properties, {
      serial: { type: 'integer' },
      serials: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } },
      filled: { type: 'integer', default: `int:${big}` },
      chosen: { type: 'integer', enum: [`int:${big}`, 1] },
      multiple: { type: 'integer', multipleOf: 2 },
      above: { type: 'integer' },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    });
    spec['x-kubernetes-validations'].push({
      rule: '!has(self.above) || !has(self.serial) || self.above > self.serial',
      message: 'above must be above serial',
    });
    version.additionalPrinterColumns = [{ name: 'Serial', type: 'integer', jsonPath: '.spec.serial' }];
    // Its schema would have to follow; the cases do not need it.
    draft.spec.versions.splice(1);
  });
  return text(crd);
}

/** Integers that JavaScript's own JSON would round. */
export function integersCases({ start }: Serving): void {
  describe('conformance: integers above 2^53', () => {
    let api: Api;
    beforeEach(async () => {
      api = await start();
      expect((await api.post(crds, definition())).status).to.equal(201);
    });
    afterEach(() => api.stop());

    it('integers keep every digit through create, get, list and replace', async () => {
      const made = await api.post(widgets, numbered('a', { serial: `int:${big}`, free: { deep: [`int:${least}`] } }));
      expect([made.status, digits(made, 'serial')]).to.deep.equal([201, big]);
      const read = await api.get(`${widgets}/a`);
      expect(digits(read, 'serial')).to.equal(big);
      expect(read.text).to.match(new RegExp(`"deep":\\s*\\[\\s*${least}\\s*\\]`));
      expect(digits(await api.get(widgets), 'serial')).to.equal(big);
      const { resourceVersion } = read.body.metadata;
      const next = numbered('a', { serial: 'int:9007199254740995' }, { resourceVersion });
      expect(digits(await api.call('PUT', `${widgets}/a`, next), 'serial')).to.equal('9007199254740995');
    });

    it('a write of the same large integer keeps the revision, of its neighbour does not', async () => {
      const { body } = await api.post(widgets, numbered('a', { serial: `int:${big}` }));
      const merge = async (serial: string) =>
        (
          await api.call(
            'PATCH',
            `${widgets}/a`,
            `{"spec":{"serial":${serial}}}`,
            typed('application/merge-patch+json'),
          )
        ).body.metadata;
      expect(await merge(big)).to.include({ resourceVersion: body.metadata.resourceVersion, generation: 1 });
      expect((await merge('9007199254740992')).generation).to.equal(2);
    });

    it('integers keep every digit through merge and JSON patches', async () => {
      await api.post(widgets, numbered('a', {}));
      const merged = await api.call(
        'PATCH',
        `${widgets}/a`,
        `{"spec":{"serial":${big}}}`,
        typed('application/merge-patch+json'),
      );
      expect(digits(merged, 'serial')).to.equal(big);
      const patch = (value: string) =>
        api.call(
          'PATCH',
          `${widgets}/a`,
          `[{"op":"test","path":"/spec/serial","value":${value}},{"op":"replace","path":"/spec/serial","value":${least}}]`,
          typed('application/json-patch+json'),
        );
      expect((await patch('9007199254740992')).status).to.equal(422);
      const patched = await patch(big);
      expect([patched.status, digits(patched, 'serial')]).to.deep.equal([200, least]);
    });

    it('integers keep every digit through apply, as JSON and as YAML, and as items of a set', async () => {
      const apply = (manager: string, body: string) =>
        api.call('PATCH', `${widgets}/a?fieldManager=${manager}`, body, typed('application/apply-patch+yaml'));
      const first = await apply('one', numbered('a', { serial: `int:${big}`, serials: [`int:${big}`] }));
      expect([first.status, digits(first, 'serial')]).to.deep.equal([201, big]);
      const yaml = [
        'apiVersion: ex.io/v1',
        'kind: Widget',
        'metadata: {name: a}',
        'spec:',
        '  serials:',
        '  - 9007199254740995',
        `  above: ${least}`,
      ];
      expect((await apply('two', yaml.join('\n'))).status, 'its rule').to.equal(422);
      yaml.pop();
      const both = await apply('two', yaml.join('\n'));
      expect(both.text).to.match(/"serials":\s*\[\s*9007199254740993,\s*9007199254740995\s*\]/);
      expect((await apply('two', numbered('a', { serial: 'int:9007199254740992' }))).status).to.equal(409);
    });

    it('a watch tells integers with every digit', async () => {
      const events = await api.watch(`${widgets}?resourceVersion=0`);
      await api.post(widgets, numbered('a', { serial: `int:${big}` }));
      expect(await events.line()).to.match(new RegExp(`"serial":\\s*${big}\\b`));
    });

    it('schemas and rules are exact about large integers', async () => {
      const status = async (spec: object) => (await api.post(`${widgets}?dryRun=All`, numbered('a', spec))).status;
      expect(await status({ chosen: `int:${big}` })).to.equal(201);
      expect(await status({ chosen: 'int:9007199254740992' })).to.equal(422);
      expect(await status({ multiple: 'int:9007199254740994' })).to.equal(201);
      expect(await status({ serial: `int:${big}`, above: `int:${big}` })).to.equal(422);
      expect(await status({ serial: `int:${big}`, above: 'int:9007199254740994' })).to.equal(201);
      expect(await status({ serials: [`int:${big}`, 'int:9007199254740992'] })).to.equal(201);
      expect(await status({ serials: [`int:${big}`, `int:${big}`] })).to.equal(422);
      expect(digits(await api.post(widgets, numbered('a', {})), 'filled')).to.equal(big);
    });

    it('a column of a table shows every digit', async () => {
      await api.post(widgets, numbered('a', { serial: `int:${big}` }));
      const { text: table } = await api.get(widgets, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      expect(table).to.match(new RegExp(`"cells":\\s*\\["a",\\s*${big}\\]`));
    });

    it('an integer beyond 64 bits becomes a floating-point number', async () => {
      const made = await api.post(widgets, numbered('a', { free: { deep: 'int:9223372036854775809' } }));
      expect([made.status, digits(made, 'deep')]).to.deep.equal([201, '9223372036854776000']);
    });

    it('built-in kinds hold 64 bits where their type does, and refuse what does not fit', async () => {
      const revision = (value: string) =>
        text({
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: { name: 'r' },
          data: {},
          revision: `int:${value}`,
        });
      expect((await api.post(revisions, revision('9223372036854775808'))).status).to.equal(400);
      expect(digits(await api.post(revisions, revision(big)), 'revision')).to.equal(big);
      const lease = text({ metadata: { name: 'l' }, spec: { leaseDurationSeconds: `int:${big}` } });
      expect((await api.post('/apis/coordination.k8s.io/v1/namespaces/t/leases', lease)).status).to.equal(400);
    });
  });
}
