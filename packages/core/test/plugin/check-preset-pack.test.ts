import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { presetPackErrors } from '../../dist/plugin/check-preset-pack.js';
import { aPreset } from '../plan/fixtures.js';

const pack = (models: readonly unknown[], more: object = {}): unknown => ({ name: 'birds', models, ...more });
const withModel = (fields: object) => pack([{ ...aPreset(), model: { ...aPreset().model, ...fields } }]);

describe('a preset pack', () => {
  it('of the present version with every field is valid, and so is one that says no version', () => {
    expect(presetPackErrors(pack([aPreset()], { apiVersion: '1' }))).to.deep.equal([]);
    expect(presetPackErrors(pack([aPreset()]))).to.deep.equal([]);
  });

  const wrong: readonly (readonly [what: string, pack: unknown, errors: readonly (string | RegExp)[]])[] = [
    ['PACK-01 that is nothing', undefined, [/^the pack must be an object$/]],
    ['PACK-02 of another version', pack([], { apiVersion: '2' }), [/^apiVersion: .*1/]],
    ['PACK-03 without a name', pack([], { name: '' }), [/^name: /]],
    ['PACK-04 whose models are no list', { name: 'x', models: {} }, [/^models: models must be an array$/]],
    ['PACK-05 with a model that is a text', pack(['m']), [/^models\[0\] must be an object$/]],
    [
      'PACK-06 without a number of layers',
      withModel({ layers: undefined }),
      [/^models\[0\] \(sparrow-small-instruct\)\.model\.layers: /],
    ],
    ['PACK-07 with half a layer', withModel({ layers: 1.5 }), [/\.model\.layers: layers must be an integer number/]],
    ['PACK-08 of a type that no engine knows', withModel({ dtype: 'int4' }), [/\.model\.dtype: /]],
    [
      'PACK-09 with heads that cannot be shared',
      withModel({ kvHeads: 3 }),
      [/\.model\.kvHeads: 10 attention heads cannot share 3/],
    ],
    [
      'PACK-10 with a window of no size',
      withModel({ slidingWindowLayers: 1 }),
      [/\.model\.slidingWindow: must be said/],
    ],
    [
      'PACK-11 with more sliding layers than layers',
      withModel({ slidingWindow: 9, slidingWindowLayers: 99 }),
      [/there are only 10 layers/],
    ],
    [
      'PACK-12 with a mistyped field',
      withModel({ kvheads: 10 }),
      [/\.model\.kvheads: property kvheads should not exist/],
    ],
    [
      'PACK-13 with an unknown rope',
      withModel({ rope: { type: 'yarn', originalContext: 1 } }),
      [/\.model\.rope\.type: /],
    ],
    ['PACK-14 with odd bits', withModel({ quantization: { method: 'x', bits: 7 } }), [/\.model\.quantization\.bits: /]],
    [
      'PACK-15 whose revision is a branch',
      pack([aPreset({ weights: { repository: 'a/b', revision: 'main', gated: false } })]),
      [/\.weights\.revision: revision must be a commit/],
    ],
    [
      'PACK-16 whose repository has no owner',
      pack([aPreset({ weights: { repository: 'b', gated: false } })]),
      [/\.weights\.repository: repository must be written as org\/name/],
    ],
    ['PACK-17 without a licence', pack([{ ...aPreset(), licence: {} }]), [/\.licence\.spdx: /, /\.licence\.source: /]],
    ['PACK-18 with no disk', pack([{ ...aPreset(), diskBytes: 0 }]), [/\.diskBytes: /]],
    [
      'PACK-19 that is deprecated for nothing',
      pack([{ ...aPreset(), deprecated: { reason: 'old' } }]),
      [/\.deprecated\.instead: /],
    ],
    [
      'PACK-20 with an image that has no tag',
      pack([{ ...aPreset(), images: [{ image: 'kaito-a', release: 'v1', server: '' }, 'x'] }]),
      [
        /\.images\[0\]\.image: image must be written as name:tag/,
        /\.images\[0\]\.server: /,
        /\.images\[1\] must be an object/,
      ],
    ],
  ];
  for (const [what, value, expected] of wrong) {
    it(`${what} is refused by the name of the field`, () => {
      const errors = presetPackErrors(value);
      expect(errors.length, errors.join('\n')).to.be.at.least(expected.length);
      for (const pattern of expected)
        expect(
          errors.some((error) => error.match(pattern)),
          errors.join('\n'),
        ).to.equal(true);
    });
  }

  it('has every rule on the contract page, in the words of the test', () => {
    const page = readFileSync(new URL('../../../../docs/reference/contracts/preset-pack.md', import.meta.url), 'utf8');
    const rules = [...page.matchAll(/^\| (PACK-\d\d) \| (.*?) \|/gm)].map(([, id, what]) => `${id} ${what}`);
    expect(rules).to.deep.equal(wrong.map(([what]) => what));
  });

  it('never makes the check itself fail', () => {
    for (const odd of [null, 7, 'x', [], { models: [null, 1, [], { model: [], weights: 3 }] }])
      expect(presetPackErrors(odd)).not.to.have.length(0);
  });
});
