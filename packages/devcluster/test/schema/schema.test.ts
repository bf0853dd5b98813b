import { expect } from 'chai';
import { Causes } from '../../dist/registry/causes.js';
import { validateRules } from '../../dist/schema/cel.js';
import { applyDefaults } from '../../dist/schema/defaults.js';
import { prune } from '../../dist/schema/prune.js';
import { canonicalQuantity, quantityValue } from '../../dist/schema/quantity.js';
import type { Schema } from '../../dist/schema/schema.js';
import { checkStructural } from '../../dist/schema/structural.js';
import { validateSchema } from '../../dist/schema/validate.js';

const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});

function faults(schema: Schema, value: unknown, old?: unknown): string[] {
  const causes = new Causes();
  validateSchema(schema, value, causes, '', old);
  return causes.list.map((cause) => `${cause.reason} ${cause.field}`);
}

describe('quantities', () => {
  for (const [text, canonical] of [
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['2000', '2k'],
    ['100Ki', '100Ki'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['-1500m', '-1500m'],
    ['0.0001', '100u'],
    ['16Gi', '16Gi'],
    ['.5', '500m'],
  ] as const) {
    it(`${text} is ${canonical}`, () => expect(canonicalQuantity(text)).to.equal(canonical));
  }

  it('refuse what is none', () => {
    for (const text of ['', 'x', '1Zi', '1 Gi', '1e', '--1', '1K i'])
      expect(canonicalQuantity(text), text).to.equal(undefined);
  });

  it('have a value to compare by', () => {
    expect(quantityValue('1Gi')).to.equal(2 ** 30);
    expect(quantityValue('250m')).to.equal(0.25);
    expect(quantityValue('nope')).to.be.NaN;
  });
});

describe('structural schemas', () => {
  it('prune what they do not name, and report each path', () => {
    const schema = object({
      a: object({ b: { type: 'string' } }),
      l: { type: 'array', items: object({}) },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    });
    const value = {
      apiVersion: 'v1',
      kind: 'K',
      metadata: {},
      a: { b: '1', c: 1 },
      l: [{ x: 1 }],
      open: { any: { thing: 1 } },
      z: 1,
    };
    const unknown: string[] = [];
    prune(schema, value, (path) => unknown.push(path));
    expect(value).to.deep.equal({
      apiVersion: 'v1',
      kind: 'K',
      metadata: {},
      a: { b: '1' },
      l: [{}],
      open: { any: { thing: 1 } },
    });
    expect(unknown.sort()).to.deep.equal(['a.c', 'l[0].x', 'z']);
  });

  it('fill in defaults, inside lists and maps too, and only where the parent is', () => {
    const inner = object({ d: { type: 'integer', default: 1 } });
    const schema = object({
      l: { type: 'array', items: inner },
      m: { type: 'object', additionalProperties: inner },
      deep: inner,
      made: { ...inner, default: {} },
    });
    const value = { l: [{}, { d: 2 }], m: { k: {} } };
    applyDefaults(schema, value);
    expect(value).to.deep.equal({ l: [{ d: 1 }, { d: 2 }], m: { k: { d: 1 } }, made: { d: 1 } });
  });

  it('put the default in place of a null that may not be, and leave any other null to validation', () => {
    const value: Record<string, unknown> = { a: null, b: null, c: null };
    const text = { type: 'string', default: 'x' };
    applyDefaults(object({ a: { ...text, nullable: true }, b: text, c: { type: 'string' } }), value);
    expect(value).to.deep.equal({ a: null, b: 'x', c: null });
    expect(faults(object({ c: { type: 'string' } }), { c: null })).to.deep.equal(['FieldValueTypeInvalid c']);
  });

  it('check bounds, lengths, patterns, formats and combinations', () => {
    expect(faults({ type: 'integer', minimum: 1, exclusiveMinimum: true }, 1)).to.deep.equal(['FieldValueInvalid ']);
    expect(faults({ type: 'number', multipleOf: 0.1 }, 0.3)).to.deep.equal([]);
    expect(faults({ type: 'string', minLength: 2 }, 'é')).to.deep.equal(['FieldValueInvalid ']);
    expect(faults({ type: 'string', maxLength: 1 }, '😀')).to.deep.equal([]);
    expect(faults({ type: 'string', pattern: 'b' }, 'abc')).to.deep.equal([]);
    expect(faults({ type: 'string', pattern: '^b' }, 'abc')).to.deep.equal(['FieldValueInvalid ']);
    expect(faults({ type: 'string', format: 'date-time' }, 'yesterday')).to.deep.equal(['FieldValueInvalid ']);
    expect(faults({ type: 'string', format: 'made-up' }, 'anything')).to.deep.equal([]);
    expect(faults({ type: 'array', maxItems: 1, items: {} }, [1, 2])).to.deep.equal(['FieldValueTooMany ']);
    const either = { oneOf: [{ required: ['a'] }, { required: ['b'] }] };
    expect(faults({ type: 'object', ...either }, { a: 1 })).to.deep.equal([]);
    expect(faults({ type: 'object', ...either }, { a: 1, b: 1 })).to.deep.equal(['FieldValueInvalid ']);
    expect(faults({ type: 'object', not: { required: ['a'] } }, { a: 1 })).to.deep.equal(['FieldValueInvalid ']);
  });

  it('let an invalid value pass that nobody changed', () => {
    const schema = object({ a: { type: 'integer', maximum: 5 }, b: { type: 'string' } });
    expect(faults(schema, { a: 9, b: 'new' }, { a: 9, b: 'old' })).to.deep.equal([]);
    expect(faults(schema, { a: 8 }, { a: 9 })).to.deep.equal(['FieldValueInvalid a']);
  });

  it('are refused with a pattern that RE2 does not know, or list keys that do not exist', () => {
    const causes = new Causes();
    checkStructural(
      object({
        p: { type: 'string', pattern: '(?=x)' },
        l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({}) },
        both: { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
        ref: { $ref: '#/x' },
      }),
      's',
      causes,
    );
    expect(causes.list.map((cause) => `${cause.reason} ${cause.field}`).sort()).to.deep.equal([
      'FieldValueForbidden s.properties[both].additionalProperties',
      'FieldValueForbidden s.properties[ref].$ref',
      'FieldValueInvalid s.properties[l].x-kubernetes-list-map-keys',
      'FieldValueInvalid s.properties[p].pattern',
      'FieldValueRequired s.properties[ref].type',
    ]);
  });
});

describe('validation rules', () => {
  const check = (
    rule: string,
    properties: Record<string, Schema>,
    value: unknown,
    old?: unknown,
    more: object = {},
  ): string[] => {
    const causes = new Causes();
    const schema = object({
      spec: object(properties, { 'x-kubernetes-validations': [{ rule, message: 'no', ...more }] }),
    });
    validateRules(schema, { spec: value }, causes, '', old === undefined ? undefined : { spec: old });
    return causes.list.map((cause) => `${cause.field}: ${cause.message}`);
  };
  const failed = ['spec: Invalid value: "object": no'];
  const text: Schema = { type: 'string' };
  const texts: Schema = { type: 'array', items: text };

  it('know what is there: exactly one of two', () => {
    const rule = 'has(self.inference) != has(self.tuning)';
    const either = { inference: object({}), tuning: object({}) };
    expect(check(rule, either, { inference: {} })).to.deep.equal([]);
    expect(check(rule, either, {})).to.deep.equal(failed);
    expect(check(rule, either, { inference: {}, tuning: {} })).to.deep.equal(failed);
  });

  it('count, compare, search and match', () => {
    const properties = {
      n: { type: 'integer' },
      f: { type: 'number' },
      s: text,
      l: texts,
      m: { type: 'object', additionalProperties: text },
    };
    const value = { n: 3, f: 1.5, s: 'abc', l: ['a', 'b'], m: { k: 'v' } };
    for (const rule of [
      'self.n >= 3 && self.n < 4',
      'self.f > 1.0',
      'size(self.l) == 2 && self.l.size() == 2',
      "'a' in self.l && !('z' in self.l)",
      "self.s.matches('^[a-c]+$') && self.s.startsWith('a')",
      "self.l.all(x, x.size() == 1) && self.l.exists(x, x == 'b')",
      "'k' in self.m && self.m['k'] == 'v'",
      'self.n == 3 ? self.s == "abc" : false',
    ]) {
      expect(check(rule, properties, value), rule).to.deep.equal([]);
      expect(check(`!(${rule})`, properties, value), rule).to.deep.equal(failed);
    }
  });

  it('about the past are for updates only, and leave alone what nobody changed', () => {
    const rule = 'self.s == oldSelf.s';
    expect(check(rule, { s: text }, { s: 'a' })).to.deep.equal([]);
    expect(check(rule, { s: text }, { s: 'b' }, { s: 'a' })).to.deep.equal(failed);
    expect(check('self.s == "z"', { s: text }, { s: 'a' }, { s: 'a' })).to.deep.equal([]);
  });

  it('may name another field, another reason, and a message made on the spot', () => {
    const more = { fieldPath: '.s', reason: 'FieldValueForbidden', messageExpression: "'not ' + self.s" };
    expect(check('self.s != "a"', { s: text }, { s: 'a' }, undefined, more)).to.deep.equal([
      'spec.s: Forbidden: not a',
    ]);
  });

  it('that fail to run are a fault, never a pass', () => {
    const [fault] = check('self.missing == 1', { s: text }, { s: 'a' });
    expect(fault).to.match(/^spec: Invalid value: .*evaluating rule: no$/);
  });

  it('that do not compile are refused with the definition', () => {
    const causes = new Causes();
    checkStructural(object({ s: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self ==' }] } }), 's', causes);
    expect(causes.list.map((cause) => cause.field)).to.deep.equal(['s.properties[s].x-kubernetes-validations[0].rule']);
  });
});
