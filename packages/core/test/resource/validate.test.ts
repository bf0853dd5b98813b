import { expect } from 'chai';
import { Field, type FieldError, formatFieldErrors, Rule, validate, withDefaults } from '../../dist/resource/index.js';
import { aWidget, Port, Widget, WidgetSpec } from './widget.js';
import { cases } from './widget-cases.js';

const fields = (errors: readonly FieldError[]): string[] => errors.map(({ field, reason }) => `${field} ${reason}`);
const check = (spec: Record<string, unknown>, old?: Record<string, unknown>): FieldError[] =>
  validate(Widget, aWidget(spec), old === undefined ? {} : { old: aWidget(old) });

describe('validate', () => {
  it('has nothing to say about a valid object', () => {
    expect(
      check({
        size: 'large',
        colour: 'red',
        ports: [{ name: 'a', number: 1, target: 'x' }],
        weights: { a: 0.5 },
        note: null,
      }),
    ).to.deep.equal([]);
  });

  it('has nothing to say about fields that it does not know, as the server prunes them', () => {
    expect(check({ unknown: 1 })).to.deep.equal([]);
  });

  for (const { name, spec, refused } of cases) {
    it(`names the field and the reason of ${name}`, () => {
      expect(fields(check(spec)).sort()).to.deep.equal([...refused].sort());
    });
  }

  it('counts defaults as if they stood there, also for rules', () => {
    class Counted {
      @Field({ type: 'integer', default: 1 }) count?: number;
    }
    Rule('self.count == 1', 'must be alone')(Counted);
    expect(validate(Counted, {})).to.deep.equal([]);
    expect(validate(Counted, { count: 2 })).to.have.length(1);
  });

  it('takes an integer for a number', () => {
    expect(check({ weights: { a: 2 } })).to.deep.equal([]);
  });

  it('counts letters and not UTF-16 units', () => {
    expect(check({ colour: '🟥🟦🟩🟨🟧🟪🟫⬛' })).to.deep.equal([]);
  });

  it('says what is not an object at all', () => {
    for (const nothing of [undefined, null, 3, 'text', []]) {
      expect(fields(validate(Widget, nothing))).to.deep.equal([' TypeInvalid']);
    }
  });

  it('carries the value and a message that helps', () => {
    expect(check({ ports: [{ name: 'a', number: 0 }] })).to.deep.equal([
      { field: 'spec.ports[0].number', reason: 'Invalid', value: 0, message: 'must be 1 or more' },
    ]);
    expect(check({ colour: 5 })[0]?.message).to.equal('must be a string: put it in quotes');
    expect(check({ enabled: 'true' })[0]?.message).to.equal('must be true or false: leave the quotes out');
    expect(check({ ports: [1, 2].map((number) => ({ name: 'a', number })) })[0]).to.deep.equal({
      field: 'spec.ports[1]',
      reason: 'Duplicate',
      value: 'a',
      message: 'another item has the same name',
    });
    expect(check({ size: 'huge' })[0]?.message).to.equal('must be one of "small", "large"');
  });

  describe('with rules', () => {
    it('runs them where they stand and reports the field that they name', () => {
      expect(check({ range: { min: 5, max: 1 } })).to.deep.equal([
        { field: 'spec.range.max', reason: 'Invalid', message: 'max must not be below min' },
      ]);
      expect(check({ range: { min: 5, max: 5 } })).to.deep.equal([]);
    });

    it('sees integers as integers: arithmetic works', () => {
      class Sum {
        @Field({ type: 'integer' }) a!: number;
        @Field({ type: 'integer' }) b!: number;
      }
      Rule('self.a + self.b == 3', 'must add up to 3')(Sum);
      expect(validate(Sum, { a: 1, b: 2 })).to.deep.equal([]);
      expect(formatFieldErrors(validate(Sum, { a: 2, b: 2 }))).to.equal('must add up to 3');
    });

    it('sees the name of the object', () => {
      const off = aWidget({ enabled: false }, 'main');
      expect(validate(Widget, off)).to.deep.equal([
        { field: '', reason: 'Forbidden', message: 'the widget called main cannot be switched off' },
      ]);
      expect(validate(Widget, aWidget({ enabled: false }, 'other'))).to.deep.equal([]);
    });

    it('does not run the rules of a part that the schema refuses', () => {
      expect(fields(check({ range: { min: 'x', max: 1 } }))).to.deep.equal(['spec.range.min TypeInvalid']);
    });

    it('says so when a rule cannot be evaluated', () => {
      class Careless {
        @Field({ type: 'string', optional: true }) maybe?: string;
      }
      Rule("self.maybe != ''", 'must say something')(Careless);
      expect(validate(Careless, {})[0]?.message).to.match(
        /^must say something \(the rule could not be evaluated: .*maybe/,
      );
    });

    it('reaches fields whose names CEL keeps for itself', () => {
      class Odd {
        @Field({ type: 'string', immutable: true, optional: true }) 'my-field'?: string;
        @Field({ type: 'string', immutable: true, optional: true }) namespace?: string;
      }
      expect(
        validate(Odd, { 'my-field': 'a', namespace: 'b' }, { old: { 'my-field': 'a', namespace: 'b' } }),
      ).to.deep.equal([]);
      expect(fields(validate(Odd, { 'my-field': 'a' }, { old: { namespace: 'b' } }))).to.have.length(2);
      expect(fields(validate(Odd, { 'my-field': 'a' }, { old: { 'my-field': 'b' } }))).to.deep.equal([
        'my-field Invalid',
      ]);
    });
  });

  describe('of a change', () => {
    it('refuses another value of an immutable field, and takes the same', () => {
      const ports = [{ name: 'a', number: 1 }];
      expect(check({ ports }, { ports })).to.deep.equal([]);
      expect(fields(check({ ports: [{ name: 'a', number: 2 }] }, { ports }))).to.deep.equal([
        'spec.ports[0].number Invalid',
      ]);
    });

    it('finds the old item of a list-map by its key, wherever it stands', () => {
      const old = {
        ports: [
          { name: 'a', number: 1 },
          { name: 'b', number: 2 },
        ],
      };
      expect(
        check(
          {
            ports: [
              { name: 'b', number: 2 },
              { name: 'new', number: 9 },
            ],
          },
          old,
        ),
      ).to.deep.equal([]);
      expect(fields(check({ ports: [{ name: 'b', number: 1 }] }, old))).to.deep.equal(['spec.ports[0].number Invalid']);
    });

    it('lets a field that is immutable once set be set later, and then keeps it', () => {
      expect(check({ colour: 'red' }, {})).to.deep.equal([]);
      expect(fields(check({ colour: 'blue' }, { colour: 'red' }))).to.deep.equal(['spec.colour Invalid']);
      expect(check({}, { colour: 'red' })[0]?.message).to.contain('colour cannot be removed once it is set');
    });

    it('runs no rule about a change on create', () => {
      expect(check({ colour: 'blue' })).to.deep.equal([]);
    });
  });

  it('judges an object by the fields of its own version', () => {
    const wrong = { ...aWidget({ newer: 5 }), apiVersion: 'example.dev/v1alpha1' };
    expect(validate(Widget, wrong)).to.deep.equal([]);
    expect(fields(validate(Widget, wrong, { version: 'v1' }))).to.deep.equal(['spec.newer TypeInvalid']);
  });

  it('checks a part by itself', () => {
    expect(fields(validate(Port, { name: 'a' }))).to.deep.equal(['number Required']);
    expect(validate(WidgetSpec, { enabled: true })).to.deep.equal([]);
  });
});

describe('withDefaults', () => {
  it('fills in what is missing and leaves the original alone', () => {
    const bare = Object.freeze(aWidget());
    const full = withDefaults(Widget, bare);
    expect(full.spec).to.deep.equal({ enabled: true, size: 'small' });
    expect(bare.spec).to.deep.equal({ enabled: true });
    expect(full.metadata).to.equal(bare.metadata);
  });

  it('gives the very same object back when nothing is missing', () => {
    const full = aWidget({ size: 'large' });
    expect(withDefaults(Widget, full)).to.equal(full);
  });

  it('replaces null by the default, where null is not allowed', () => {
    expect((withDefaults(Widget, aWidget({ size: null })).spec as { size: unknown }).size).to.equal('small');
  });

  it('drops a null that is neither allowed nor has a default, as the server does, and keeps one that is allowed', () => {
    const spec = withDefaults(
      Widget,
      aWidget({ size: 'large', note: null, range: null, weights: { a: 1, b: null } }),
    ).spec;
    expect(spec).to.deep.equal({ enabled: true, size: 'large', note: null, weights: { a: 1 } });
  });

  it('does not share a default between objects', () => {
    class Listed {
      @Field({ items: 'string', default: ['a'] }) list?: string[];
    }
    const first = withDefaults(Listed, {} as Listed);
    first.list?.push('b');
    expect(withDefaults(Listed, {} as Listed).list).to.deep.equal(['a']);
  });

  it('takes anything', () => {
    for (const odd of [null, undefined, 3, 'x', [], { spec: 'x' }]) expect(withDefaults(Widget, odd)).to.equal(odd);
  });
});
