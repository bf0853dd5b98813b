import { ApiError } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { jsonPatch } from '../../dist/patch/json-patch.js';
import { mergePatch } from '../../dist/patch/merge-patch.js';
import { strategicMerge } from '../../dist/patch/strategic-merge.js';
import { builtinSchema } from '../../dist/schema/builtin-schemas.js';
import type { JsonObject } from '../../dist/store/json.js';

// The cases of RFC 7386, appendix A.
const mergeCases: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('merge patch', () => {
  for (const [target, patch, result] of mergeCases) {
    it(`${JSON.stringify(patch)} on ${JSON.stringify(target)} is ${JSON.stringify(result)}`, () => {
      const before = structuredClone(target);
      expect(mergePatch(target, patch)).to.deep.equal(result);
      expect(target).to.deep.equal(before);
    });
  }
});

describe('JSON patch', () => {
  const refused = (target: unknown, ...operations: object[]): number => {
    try {
      jsonPatch(target, operations);
    } catch (error) {
      if (ApiError.is(error)) return error.code;
      throw error;
    }
    return 200;
  };

  it('adds into objects and lists, at an index and at the end', () => {
    expect(
      jsonPatch({ a: [1, 3] }, [
        { op: 'add', path: '/a/1', value: 2 },
        { op: 'add', path: '/a/-', value: 4 },
        { op: 'add', path: '/b', value: {} },
        { op: 'add', path: '/b/c~1d~0e', value: 1 },
      ]),
    ).to.deep.equal({ a: [1, 2, 3, 4], b: { 'c/d~e': 1 } });
  });

  it('moves, copies, replaces, removes and tests', () => {
    expect(
      jsonPatch({ a: 1, b: { c: 2 }, d: [1] }, [
        { op: 'test', path: '/b', value: { c: 2 } },
        { op: 'move', from: '/a', path: '/b/a' },
        { op: 'copy', from: '/b', path: '/e' },
        { op: 'replace', path: '/e/c', value: 3 },
        { op: 'remove', path: '/d/0' },
      ]),
    ).to.deep.equal({ b: { c: 2, a: 1 }, d: [], e: { c: 3, a: 1 } });
  });

  it('leaves the target alone', () => {
    const target = Object.freeze({ a: Object.freeze([1]) });
    expect(jsonPatch(target, [{ op: 'add', path: '/a/-', value: 2 }])).to.deep.equal({ a: [1, 2] });
  });

  it('is 422 where it does not fit, and 400 where it is none', () => {
    expect(refused({}, { op: 'remove', path: '/a' })).to.equal(422);
    expect(refused({}, { op: 'replace', path: '/a', value: 1 })).to.equal(422);
    expect(refused({ a: [] }, { op: 'add', path: '/a/5', value: 1 })).to.equal(422);
    expect(refused({}, { op: 'add', path: 'a', value: 1 })).to.equal(422);
    expect(refused({}, { op: 'add', path: '/__proto__', value: 1 })).to.equal(422);
    expect(refused({}, { op: 'leap', path: '/a' })).to.equal(400);
    expect(refused({}, { path: '/a' })).to.equal(400);
    expect(() => jsonPatch({}, {})).to.throw(/list of operations/);
  });
});

describe('strategic merge patch', () => {
  const pod = builtinSchema('core.v1.Pod');
  const merged = (target: JsonObject, patch: JsonObject) => strategicMerge(pod, target, patch);

  it('merges ports by their number, volumes by name, and replaces tolerations', () => {
    const before = {
      spec: {
        containers: [{ name: 'a', ports: [{ containerPort: 80 }] }],
        volumes: [{ name: 'v', emptyDir: {} }],
        tolerations: [{ key: 'a' }],
      },
    };
    expect(
      merged(before, {
        spec: {
          containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] }],
          volumes: [{ name: 'w', emptyDir: {} }],
          tolerations: [{ key: 'b' }],
        },
      }),
    ).to.deep.equal({
      spec: {
        containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] }],
        // What the patch names comes first: the order of kube-apiserver 1.34.4.
        volumes: [
          { name: 'w', emptyDir: {} },
          { name: 'v', emptyDir: {} },
        ],
        tolerations: [{ key: 'b' }],
      },
    });
  });

  it('swaps the source of a volume when told which keys stay', () => {
    const before = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    expect(
      merged(before, {
        spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'secret'], secret: { secretName: 's' } }] },
      }),
    ).to.deep.equal({
      spec: { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
    });
  });

  it('adds to finalizers, takes named ones away, and merges owners by uid', () => {
    const before = { metadata: { finalizers: ['a', 'b'], ownerReferences: [{ uid: '1', name: 'x' }] } };
    expect(
      merged(before, {
        metadata: {
          finalizers: ['c'],
          '$deleteFromPrimitiveList/finalizers': ['a'],
          ownerReferences: [{ uid: '1', controller: true }],
        },
      }),
    ).to.deep.equal({
      metadata: { finalizers: ['c', 'b'], ownerReferences: [{ uid: '1', name: 'x', controller: true }] },
    });
  });

  it('replaces a map or a list as a whole when told so', () => {
    expect(
      merged({ metadata: { labels: { a: '1' } } }, { metadata: { labels: { $patch: 'replace', b: '2' } } }),
    ).to.deep.equal({
      metadata: { labels: { b: '2' } },
    });
    expect(
      merged(
        { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
        { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } },
      ),
    ).to.deep.equal({ spec: { containers: [{ name: 'c' }] } });
  });

  it('leaves no directive in what it makes', () => {
    const result = merged(
      {},
      {
        spec: {
          containers: [{ name: 'a', env: [{ name: 'X', $patch: 'delete' }] }],
          volumes: [{ name: 'v', $patch: 'delete' }],
        },
      },
    );
    expect(JSON.stringify(result)).not.to.contain('$');
  });

  it('keeps what only the server has in its place when the order is given', () => {
    const before = { spec: { containers: [{ name: 'a' }, { name: 'server' }, { name: 'b' }] } };
    const result = merged(before, {
      spec: {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'new' }, { name: 'b' }],
        containers: [{ name: 'new' }],
      },
    });
    expect((result.spec as { containers: { name: string }[] }).containers.map(({ name }) => name)).to.deep.equal([
      'a',
      'new',
      'server',
      'b',
    ]);
  });

  it('refuses an item without its key and a directive it does not know', () => {
    expect(() => merged({}, { spec: { containers: [{ image: 'x' }] } })).to.throw(
      /does not contain declared merge key: name/,
    );
    expect(() => merged({}, { spec: { $patch: 'sideways' } })).to.throw(/unknown patch type/);
  });
});
