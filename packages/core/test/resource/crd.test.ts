import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Column, crdOf, Field, Resource, resourceKindOf, schemaOf } from '../../dist/resource/index.js';
import { Widget, WidgetSpec } from './widget.js';

const golden = JSON.parse(readFileSync(new URL('../../test/resource/widget-crd.golden.json', import.meta.url), 'utf8'));

describe('crdOf', () => {
  it('gives the whole CRD, field by field as stored in the golden file', () => {
    expect(crdOf(Widget)).to.deep.equal(golden);
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(crdOf(Widget)))).to.deep.equal(crdOf(Widget));
  });

  it('gives the same object each time, whatever was validated in between', () => {
    expect(JSON.stringify(crdOf(Widget))).to.equal(JSON.stringify(crdOf(Widget)));
  });

  it('leaves a field out of the versions that do not have it', () => {
    expect(schemaOf(Widget, 'v1').properties?.spec?.properties).to.have.property('newer');
    expect(schemaOf(Widget, 'v1alpha1').properties?.spec?.properties).not.to.have.property('newer');
  });

  it('takes the storage version when none is named, or an unknown one', () => {
    expect(schemaOf(Widget)).to.equal(schemaOf(Widget, 'v1'));
    expect(schemaOf(Widget, 'v9')).to.equal(schemaOf(Widget, 'v1'));
  });

  it('gives the schema of a part, too', () => {
    expect(schemaOf(WidgetSpec).required).to.deep.equal(['enabled']);
    expect(schemaOf(WidgetSpec).properties).not.to.have.property('metadata');
  });

  it('has no status subresource where there is no status', () => {
    @Resource({ group: 'g.dev', versions: [{ name: 'v1' }], kind: 'Bare', scope: 'Cluster' })
    class Bare {
      @Field({ type: 'string' }) text!: string;
    }
    const { versions, names, scope } = crdOf(Bare).spec as {
      versions: Record<string, unknown>[];
      names: object;
      scope: string;
    };
    expect(versions[0]).to.have.all.keys('name', 'served', 'storage', 'schema');
    expect(versions[0]).to.include({ served: true, storage: true });
    expect(names).to.deep.equal({ kind: 'Bare', listKind: 'BareList', plural: 'bares', singular: 'bare' });
    expect(scope).to.equal('Cluster');
  });

  it('says where the objects live', () => {
    expect(resourceKindOf(Widget)).to.deep.equal({
      group: 'example.dev',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
    });
    expect(resourceKindOf(Widget, 'v1alpha1').version).to.equal('v1alpha1');
  });

  it('takes over the fields, rules and columns of a base class, and lets a subclass add to them', () => {
    @Column('Base', { path: '.base' })
    class Base {
      @Field({ type: 'string', description: 'from the base' }) base!: string;
    }
    @Resource({ group: 'g.dev', versions: [{ name: 'v1' }], kind: 'Derived' })
    @Column('Own', { path: '.own' })
    class Derived extends Base {
      @Field({ maxLength: 5 }) declare base: string;
      @Field({ type: 'string' }) own!: string;
    }
    const version = (crdOf(Derived).spec as { versions: { additionalPrinterColumns: { name: string }[] }[] })
      .versions[0];
    expect(version?.additionalPrinterColumns.map(({ name }) => name)).to.deep.equal(['Base', 'Own']);
    expect(schemaOf(Derived).properties?.base).to.deep.equal({
      type: 'string',
      description: 'from the base',
      maxLength: 5,
    });
    expect(schemaOf(Base).properties?.base).to.deep.equal({ type: 'string', description: 'from the base' });
  });

  for (const [problem, make] of Object.entries({
    'is not a resource': () => crdOf(WidgetSpec),
    'needs at least one version': () => {
      @Resource({ group: 'g', versions: [], kind: 'K' })
      class K {
        @Field({ type: 'string' }) a!: string;
      }
      return crdOf(K);
    },
    'exactly one version is stored, not 0': () => {
      @Resource({ group: 'g', versions: [{ name: 'v1' }, { name: 'v2' }], kind: 'K' })
      class K {
        @Field({ type: 'string' }) a!: string;
      }
      return crdOf(K);
    },
    'names a version twice': () => {
      @Resource({ group: 'g', versions: [{ name: 'v1', storage: true }, { name: 'v1' }], kind: 'K' })
      class K {
        @Field({ type: 'string' }) a!: string;
      }
      return crdOf(K);
    },
    'column Both needs either a path or a condition': () => {
      @Resource({ group: 'g', versions: [{ name: 'v1' }], kind: 'K' })
      @Column('Both', { path: '.a', condition: 'Ready' })
      class K {
        @Field({ type: 'string' }) a!: string;
      }
      return crdOf(K);
    },
  })) {
    it(`refuses a class that ${problem}`, () => {
      expect(make).to.throw(problem);
    });
  }
});
