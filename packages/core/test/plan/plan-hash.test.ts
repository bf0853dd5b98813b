import { type Plan, planHash } from '@kaito-sdk/core';
import { expect } from 'chai';
import { canonicalJson } from '../../dist/canonical-json.js';
import { aWorkspace, feasible, infeasible } from './fixtures.js';

describe('the hash of a Plan', () => {
  it('is the same for the same decision, whatever the order of its keys', () => {
    const decision = feasible(aWorkspace());
    const reordered = Object.fromEntries(Object.entries(decision).reverse()) as unknown as Plan;
    expect(planHash(decision)).to.match(/^[0-9a-f]{16}$/);
    expect(planHash(reordered)).to.equal(planHash(decision));
    expect(planHash(JSON.parse(JSON.stringify(decision)))).to.equal(planHash(decision));
  });

  it('differs when anything in it does', () => {
    const decision = feasible(aWorkspace());
    expect(planHash({ ...decision, kind: 'tuning' })).not.to.equal(planHash(decision));
    expect(planHash(infeasible(aWorkspace({ inference: {} })))).not.to.equal(planHash(decision));
  });

  it('rests on JSON with sorted keys and no undefined', () => {
    expect(canonicalJson({ b: [1, undefined, { d: null, c: 'x' }], a: undefined })).to.equal(
      '{"b":[1,null,{"c":"x","d":null}]}',
    );
  });
});
