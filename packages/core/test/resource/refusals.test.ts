import { expect } from 'chai';
import { Field, type FieldOptions, ListMap, ResourceClassError, Rule, schemaOf } from '../../dist/resource/index.js';

/** What is said when a class has a field with these options. */
function refusal(options: FieldOptions): string {
  class Holder {}
  Field(options)(Holder.prototype, 'field');
  try {
    return `accepted as ${JSON.stringify(schemaOf(Holder).properties?.field)}`;
  } catch (error) {
    expect(error).to.be.instanceOf(ResourceClassError);
    expect(error).to.include({ code: 'RESOURCE_CLASS_INVALID', className: 'Holder' });
    return (error as Error).message;
  }
}

class Named {
  @Field({ type: 'string' }) name!: string;
  @Field({ type: 'string', optional: true }) other?: string;
  @Field({ items: 'string', optional: true }) list?: string[];
}

describe('a class that a CRD cannot hold', () => {
  const table: [string, FieldOptions, string][] = [
    ['a field without a type', {}, 'Holder.field: has no type'],
    ['an object without fields', { type: 'object' }, 'Holder.field: an object of what?'],
    [
      'two kinds at once',
      { type: 'string', items: 'string' },
      'Holder.field: is only one of type, items, values and intOrString',
    ],
    ['a minimum of a string', { type: 'string', min: 1 }, 'Holder.field: min does not apply to a string'],
    ['a length of a number', { type: 'integer', maxLength: 3 }, 'Holder.field: maxLength does not apply to a integer'],
    ['a number of items of a map', { values: 'string', maxItems: 3 }, 'Holder.field: maxItems does not apply to a map'],
    ['an enum of the wrong type', { type: 'integer', enum: ['a'] }, 'Holder.field: allows "a", which is not a integer'],
    ['a broken pattern', { type: 'string', pattern: '(' }, 'Holder.field: ( is not a valid pattern'],
    ['look-behind', { type: 'string', pattern: '(?<!a)b' }, 'Holder.field: the pattern uses (?<!, which RE2'],
    [
      'a wrong default',
      { type: 'integer', min: 1, default: 0 },
      'Holder.field: its default is not valid: field: 0 is invalid: must be 1 or more',
    ],
    [
      'a list-map without keys',
      { items: () => Named, listType: 'map' },
      'Holder.field: a list of type map needs listMapKeys',
    ],
    [
      'keys without a list-map',
      { items: () => Named, listMapKeys: ['name'] },
      "Holder.field: listMapKeys need listType: 'map'",
    ],
    [
      'an unknown list-map key',
      { items: () => Named, listType: 'map', listMapKeys: ['id'] },
      'the list-map key id is no field of its items',
    ],
    [
      'an optional list-map key',
      { items: () => Named, listType: 'map', listMapKeys: ['other'] },
      'the list-map key other must be required or have a default',
    ],
    [
      'a list as list-map key',
      { items: () => Named, listType: 'map', listMapKeys: ['list'] },
      'the list-map key list must be a scalar',
    ],
    ['a set of objects', { items: () => Named, listType: 'set' }, 'Holder.field: a set holds scalars only'],
    ['an item without a type', { items: {} }, 'Holder.field[]: has no type'],
    ['a map value without a type', { values: {} }, 'Holder.field[*]: has no type'],
    ['a class without fields', { type: () => class Empty {} }, 'Holder.field: Empty has no fields'],
  ];
  for (const [what, options, message] of table) {
    it(`is refused for ${what}, by name`, () => {
      expect(refusal(options)).to.contain(message);
    });
  }

  it('is refused when it contains itself, and the way out is named', () => {
    class Tree {
      @Field({ type: 'string' }) name!: string;
      @Field({ items: () => Tree, optional: true }) children?: Tree[];
    }
    expect(() => schemaOf(Tree)).to.throw(
      "Tree.children[]: Tree contains itself and a schema cannot: cut it with { type: 'object'",
    );
  });

  it('may use a class twice, side by side', () => {
    class Twice {
      @Field({ type: () => Named }) a!: Named;
      @Field({ type: () => Named }) b!: Named;
    }
    expect(schemaOf(Twice).properties?.a).to.deep.equal(schemaOf(Twice).properties?.b);
  });

  it('names the path from the class that was asked for', () => {
    class Inner {
      @Field({ type: 'string', min: 1 }) deep!: string;
    }
    class Outer {
      @ListMap({ values: { type: () => Inner } }, 'x') list!: unknown[];
    }
    expect(() => schemaOf(Outer)).to.throw('Outer.list[][*].deep: min does not apply to a string');
  });

  it('is refused for a symbol as a field', () => {
    expect(() => Field({ type: 'string' })(Named.prototype, Symbol('s'))).to.throw(
      'Named.Symbol(s): a symbol cannot be a field',
    );
  });

  describe('with a rule', () => {
    function ruleRefusal(rule: string, message = 'm'): string {
      class Holder {
        @Field({ type: () => Named }) named!: Named;
        @Field({ items: () => Named, optional: true }) list?: Named[];
      }
      Rule(rule, message)(Holder);
      try {
        schemaOf(Holder);
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    }
    const rules: [string, string, string][] = [
      ['that does not parse', 'self.named &&', 'Holder: rule `self.named &&`: Unexpected token'],
      ['about an unknown field', "self.nmaed.name == 'x'", 'there is no field `nmaed`; it has named, list'],
      ['about an unknown field in has()', 'has(self.named.nam)', 'there is no field `nam`; it has name, other, list'],
      ['about an unknown field of an item', "self.list.all(each, each.nam != '')", 'there is no field `nam`'],
      ['about an unknown variable', 'selv.named', 'Unknown variable: selv'],
      ['that answers no boolean', 'size(self.named.name)', 'must answer true or false, not int'],
    ];
    for (const [what, rule, message] of rules) {
      it(`${what} is refused`, () => {
        expect(ruleRefusal(rule)).to.contain(message);
      });
    }

    it('without a message, or with one of several lines, is refused', () => {
      expect(ruleRefusal('true', ' ')).to.contain('needs a message, on one line');
      expect(ruleRefusal('true', 'a\nb')).to.contain('needs a message, on one line');
    });

    it('about the old value of an item is refused, unless the items have keys', () => {
      class Item {
        @Field({ type: 'string' }) name!: string;
        @Field({ type: 'string', immutable: true }) fixed!: string;
      }
      class Atomic {
        @Field({ items: () => Item }) list!: Item[];
      }
      class Keyed {
        @ListMap(() => Item, 'name') list!: Item[];
      }
      expect(() => schemaOf(Atomic)).to.throw('Atomic.list[].fixed: rule `self == oldSelf`: the old value of an item');
      expect(() => schemaOf(Keyed)).not.to.throw();
    });
  });
});
