import { expect } from 'chai';
import { FieldSet } from '../../dist/patch/field-set.js';
import { differenceOf, fieldsOf, mergeTyped, problemsIn, withoutFields } from '../../dist/patch/typed-value.js';
import { builtinSchema } from '../../dist/schema/builtin-schemas.js';

const pod = builtinSchema('core.v1.Pod');
const container = (name: string, more: object = {}): object => ({ name, ...more });

describe('field sets', () => {
  const a = FieldSet.fromJson({ 'f:x': {}, 'f:m': { '.': {}, 'f:k': {}, 'f:l': {} } });
  const b = FieldSet.fromJson({ 'f:m': { 'f:l': {} }, 'f:y': {} });

  it('read and write the wire form', () => {
    expect(a.toJson()).to.deep.equal({ 'f:m': { '.': {}, 'f:k': {}, 'f:l': {} }, 'f:x': {} });
    expect(FieldSet.fromJson('rubbish').isEmpty).to.equal(true);
  });

  it('are joined, cut and subtracted path by path', () => {
    expect(a.union(b).toJson()).to.deep.equal({ 'f:m': { '.': {}, 'f:k': {}, 'f:l': {} }, 'f:x': {}, 'f:y': {} });
    expect(a.intersection(b).toJson()).to.deep.equal({ 'f:m': { 'f:l': {} } });
    expect(a.difference(b).toJson()).to.deep.equal({ 'f:m': { '.': {}, 'f:k': {} }, 'f:x': {} });
    expect(a.difference(a).isEmpty).to.equal(true);
    expect(a.equals(FieldSet.fromJson(a.toJson()))).to.equal(true);
    expect(a.equals(b)).to.equal(false);
  });

  it('name their paths as the real server does', () => {
    const set = FieldSet.fromJson({ 'f:l': { 'k:{"name":"x"}': { 'f:image': {} }, 'v:"s"': {} } });
    expect(set.paths()).to.deep.equal(['.l[="s"]', '.l[name="x"].image']);
  });
});

describe('typed values', () => {
  it('give each named field to its manager, items by key, and atomic parts as one', () => {
    const fields = fieldsOf(pod, {
      spec: { containers: [container('a', { args: ['x'] })], nodeSelector: { k: 'v' }, securityContext: {} },
    });
    expect(fields.toJson()).to.deep.equal({
      'f:spec': {
        'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:args': {}, 'f:name': {} } },
        'f:nodeSelector': {},
        'f:securityContext': {},
      },
    });
  });

  it('tell what was added, removed and modified', () => {
    const { added, removed, modified } = differenceOf(
      pod,
      { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [container('x', { image: '1' })] } },
      { metadata: { labels: { a: '9' } }, spec: { containers: [container('x', { image: '1' }), container('y')] } },
    );
    expect(added.toJson()).to.deep.equal({
      'f:spec': { 'f:containers': { 'k:{"name":"y"}': { '.': {}, 'f:name': {} } } },
    });
    expect(removed.toJson()).to.deep.equal({ 'f:metadata': { 'f:labels': { 'f:b': {} } } });
    expect(modified.toJson()).to.deep.equal({ 'f:metadata': { 'f:labels': { 'f:a': {} } } });
  });

  it('see no difference between equal values, and none in the order of a keyed list', () => {
    const value = { spec: { containers: [container('a'), container('b')] } };
    const turned = { spec: { containers: [container('b'), container('a')] } };
    const { added, removed, modified } = differenceOf(pod, value, turned);
    expect([added, removed, modified].every((set) => set.isEmpty)).to.equal(true);
  });

  it('merge items by key, keep what only the live list has, and replace atomic lists', () => {
    const live = {
      spec: { containers: [container('a', { image: '1', args: ['x', 'y'] }), container('b', { image: '1' })] },
    };
    const config = { spec: { containers: [container('a', { args: ['z'] }), container('c')] } };
    expect(mergeTyped(pod, live, config)).to.deep.equal({
      spec: {
        containers: [container('a', { image: '1', args: ['z'] }), container('b', { image: '1' }), container('c')],
      },
    });
  });

  it('lose fields and items by path', () => {
    const value = { spec: { containers: [container('a', { image: '1' }), container('b')], nodeName: 'n' } };
    const gone = FieldSet.fromJson({
      'f:spec': { 'f:nodeName': {}, 'f:containers': { 'k:{"name":"a"}': { 'f:image': {} }, 'k:{"name":"b"}': {} } },
    });
    expect(withoutFields(pod, value, gone)).to.deep.equal({ spec: { containers: [container('a')] } });
  });

  it('say what apply cannot take', () => {
    expect(problemsIn(pod, { spec: { nope: 1 } })).to.deep.equal(['.spec.nope: field not declared in schema']);
    expect(problemsIn(pod, { spec: { containers: [container('a'), container('a')] } })).to.deep.equal([
      '.spec.containers: duplicate entries for key [name="a"]',
    ]);
    expect(problemsIn(pod, { spec: { containers: [container('a', { odd: 1 })] } })).to.deep.equal([
      '.spec.containers[name="a"].odd: field not declared in schema',
    ]);
    expect(problemsIn(pod, { spec: { hostname: 1, containers: [{ image: 'i' }] } })).to.deep.equal([
      '.spec.hostname: expected string, got number',
      '.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ]);
    expect(problemsIn(pod, { metadata: { labels: { anything: 'goes' } }, spec: { hostname: null } })).to.deep.equal([]);
  });
});
