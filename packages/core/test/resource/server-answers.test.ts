import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { validate } from '../../dist/resource/index.js';
import { aWidget, Widget } from './widget.js';
import { cases } from './widget-cases.js';

/** Recorded with the validation code of kube-apiserver 1.34 (k8s.io/apiextensions-apiserver v0.34.4) and the golden CRD. */
const server: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('../../test/resource/server-answers.json', import.meta.url), 'utf8'),
);

const all = [
  { name: 'a valid Widget', object: aWidget() },
  { name: 'a Widget against a rule', object: aWidget({ enabled: false }, 'main') },
  { name: 'rule in a part', object: aWidget({ range: { min: 5, max: 1 } }) },
  ...cases.map(({ name, spec }) => ({ name, object: aWidget(spec) })),
];

describe('validate, beside a real API server', () => {
  it('has a recorded answer for every case', () => {
    expect(Object.keys(server).sort()).to.deep.equal(all.map(({ name }) => name).sort());
  });

  for (const { name, object } of all) {
    it(`says the same about ${name}`, () => {
      const ours = validate(Widget, object).map(({ field, reason }) => `${field.replace('[zero]', '.zero')} ${reason}`);
      expect(ours.sort()).to.deep.equal(server[name]);
    });
  }
});
