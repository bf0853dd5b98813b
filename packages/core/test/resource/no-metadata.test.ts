import 'reflect-metadata';
import { expect } from 'chai';
import { Column, crdOf, Field, ListMap, Resource, Rule, schemaOf, validate } from '../../dist/resource/index.js';

/*
 * esbuild and the runners built on it emit no `design:type`. Here the decorators are applied by hand, as such a transpiler leaves
 * them, to classes whose fields TypeScript never saw.
 */
describe('without emitted metadata', () => {
  class Part {}
  Field({ type: 'string' })(Part.prototype, 'name');
  Field({ type: 'integer', min: 1, optional: true })(Part.prototype, 'count');

  class Thing {}
  Field({ type: () => Part })(Thing.prototype, 'part');
  ListMap(() => Part, 'name', { optional: true })(Thing.prototype, 'parts');
  Rule('!has(self.parts) || size(self.parts) < 3', 'too many parts')(Thing);
  Column('Name', { path: '.part.name' })(Thing);
  Resource({ group: 'g.dev', versions: [{ name: 'v1' }], kind: 'Thing' })(Thing);

  it('a class gives its whole CRD', () => {
    expect(Reflect.getMetadata('design:type', Thing.prototype, 'part')).to.equal(undefined);
    expect(crdOf(Thing).metadata.name).to.equal('things.g.dev');
    const part = {
      type: 'object',
      properties: { name: { type: 'string' }, count: { type: 'integer', minimum: 1 } },
      required: ['name'],
    };
    expect(schemaOf(Thing).properties).to.deep.include({
      part,
      parts: { type: 'array', items: part, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    });
  });

  it('objects are validated all the same', () => {
    expect(validate(Thing, { part: { name: 'a', count: 0 } })).to.have.length(1);
    expect(
      validate(Thing, { part: { name: 'a' }, parts: [{ name: 'b' }, { name: 'c' }, { name: 'd' }] })[0]?.message,
    ).to.equal('too many parts');
  });

  it('emitted metadata is not read where there is some, so that both transpilers give one CRD', () => {
    class Emitted {}
    Field({ type: 'integer' })(Emitted.prototype, 'n');
    Reflect.defineMetadata('design:type', String, Emitted.prototype, 'n');
    expect(schemaOf(Emitted).properties?.n).to.deep.equal({ type: 'integer' });

    class Untyped {}
    Field()(Untyped.prototype, 'text');
    Reflect.defineMetadata('design:type', String, Untyped.prototype, 'text');
    expect(() => schemaOf(Untyped)).to.throw('Untyped.text: has no type');
  });
});
