import { DEPLOYMENTS, kindOf, registerKind } from '@kaito-sdk/core';
import { expect } from 'chai';
import { deepFreeze } from '../../dist/kube/freeze.js';
import { labelMatcher } from '../../dist/kube/label-selector.js';
import { LineSplitter } from '../../dist/kube/line-splitter.js';
import { compareResourceVersions } from '../../dist/kube/resource-version.js';

describe('kinds', () => {
  it('are found by the apiVersion and kind of an object', () => {
    expect(kindOf({ apiVersion: 'apps/v1', kind: 'Deployment' })).to.equal(DEPLOYMENTS);
  });

  it('that nobody registered are an error that names them and the way out', () => {
    expect(() => kindOf({ apiVersion: 'ex.io/v1', kind: 'Nobody' })).to.throw(
      /unknown kind Nobody of ex.io\/v1.*registerKind/,
    );
  });

  it('can be registered, twice the same but not twice differently', () => {
    const gizmo = { group: 'ex.io', version: 'v1', kind: 'Gizmo', plural: 'gizmos', namespaced: true };
    registerKind(gizmo);
    expect(registerKind({ ...gizmo })).to.equal(gizmo);
    expect(kindOf({ apiVersion: 'ex.io/v1', kind: 'Gizmo' })).to.equal(gizmo);
    expect(() => registerKind({ ...gizmo, plural: 'gizmoes' })).to.throw(/registered as gizmos .* and now as gizmoes/);
  });
});

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front' };
  for (const selector of [
    '',
    'app=web',
    'app==web,tier=front',
    'app!=db',
    'other!=x',
    'app in (web, db)',
    'app notin (db)',
    'other notin (a,b),app',
    '!other',
  ]) {
    it(`'${selector}' matches`, () => expect(labelMatcher(selector)(labels)).to.equal(true));
  }
  for (const selector of [
    'app=db',
    'app=web,tier=back',
    'app!=web',
    'app in (db)',
    'other in (a)',
    'app notin (web)',
    '!app',
    'other',
    'app=',
  ]) {
    it(`'${selector}' does not match`, () => expect(labelMatcher(selector)(labels)).to.equal(false));
  }
  it('matches an object without labels by what it lacks', () => {
    expect([labelMatcher('!a')(undefined), labelMatcher('a')(undefined)]).to.deep.equal([true, false]);
  });
  it('that cannot be read is an error that names the part', () => {
    expect(() => labelMatcher('app=web,a b c')).to.throw(/cannot read 'a b c'/);
  });
});

describe('the line splitter', () => {
  it('puts lines together, however they are cut', () => {
    const text = '{"a":1}\n\n{"b":"ä"}\n{"c":';
    for (let size = 1; size < text.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < text.length; at += size) lines.push(...splitter.push(text.slice(at, at + size)));
      expect(lines, `pieces of ${size}`).to.deep.equal(['{"a":1}', '{"b":"ä"}']);
    }
  });
});

describe('freezing', () => {
  it('reaches every corner, lists included', () => {
    const tree = deepFreeze({ a: [{ b: { c: [1] } }], d: null });
    expect(Object.isFrozen(tree.a[0]?.b.c)).to.equal(true);
    expect(() => (tree.a as unknown[]).push(1)).to.throw(TypeError);
  });
});

describe('resource versions', () => {
  it('are ordered as numbers, beyond what a double can hold', () => {
    expect(compareResourceVersions('9', '10')).to.be.lessThan(0);
    expect(compareResourceVersions('9007199254740993', '9007199254740992')).to.be.greaterThan(0);
    expect(compareResourceVersions('7', '7')).to.equal(0);
  });
});
