import { expect } from 'chai';
import type { Condition } from '../../dist/kube/objects.js';
import {
  conditionEquals,
  getCondition,
  isTrue,
  removeCondition,
  sameConditions,
  setCondition,
} from '../../dist/resource/index.js';

const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:05:00Z';
const ready = { type: 'Ready', status: 'True', reason: 'Up', message: 'it runs', observedGeneration: 1 } as const;
const list: readonly Condition[] = [
  { type: 'Planned', status: 'True', reason: 'Feasible', message: 'fits', lastTransitionTime: T0 },
  { ...ready, lastTransitionTime: T0 },
  { type: 'Done', status: 'False', reason: 'Pending', message: 'not yet', lastTransitionTime: T0 },
];

describe('setCondition', () => {
  it('adds a condition at the end, with the time', () => {
    expect(setCondition(undefined, ready, T1)).to.deep.equal([{ ...ready, lastTransitionTime: T1 }]);
    expect(setCondition(list, { ...ready, type: 'New' }, T1).map(({ type }) => type)).to.deep.equal([
      'Planned',
      'Ready',
      'Done',
      'New',
    ]);
  });

  it('moves the time when the status moves', () => {
    const next = setCondition(list, { ...ready, status: 'False', reason: 'Down', message: 'gone' }, T1);
    expect(getCondition(next, 'Ready')).to.deep.include({ status: 'False', reason: 'Down', lastTransitionTime: T1 });
  });

  it('keeps the time when only reason, message or generation move', () => {
    const next = setCondition(
      list,
      { ...ready, reason: 'StillUp', message: 'it still runs', observedGeneration: 2 },
      T1,
    );
    expect(getCondition(next, 'Ready')).to.deep.equal({
      type: 'Ready',
      status: 'True',
      reason: 'StillUp',
      message: 'it still runs',
      observedGeneration: 2,
      lastTransitionTime: T0,
    });
  });

  it('keeps every condition in its place and leaves the others alone', () => {
    const next = setCondition(list, { ...ready, status: 'Unknown' }, T1);
    expect(next.map(({ type }) => type)).to.deep.equal(['Planned', 'Ready', 'Done']);
    expect(next[0]).to.equal(list[0]);
    expect(next[2]).to.equal(list[2]);
  });

  it('gives the very same list back when nothing changed', () => {
    expect(setCondition(list, ready, T1)).to.equal(list);
  });

  it('never changes the list that it is given', () => {
    const frozen = Object.freeze(list.map((each) => Object.freeze({ ...each })));
    expect(() => setCondition(frozen, { ...ready, status: 'False' }, T1)).not.to.throw();
    expect(frozen).to.deep.equal(list);
  });
});

describe('conditions', () => {
  it('are found by type', () => {
    expect(getCondition(list, 'Ready')).to.equal(list[1]);
    expect(getCondition(list, 'Other')).to.equal(undefined);
    expect(getCondition(undefined, 'Ready')).to.equal(undefined);
    expect([isTrue(list, 'Ready'), isTrue(list, 'Done'), isTrue(list, 'Other')]).to.deep.equal([true, false, false]);
  });

  it('are taken out by type, and an absent one changes nothing', () => {
    expect(removeCondition(list, 'Ready').map(({ type }) => type)).to.deep.equal(['Planned', 'Done']);
    expect(removeCondition(list, 'Other')).to.equal(list);
  });

  it('are the same when every field is, whatever the order of the fields', () => {
    const copy = list.map((each) => Object.fromEntries(Object.entries(each).reverse()) as unknown as Condition);
    expect(sameConditions(list, copy)).to.equal(true);
    expect(sameConditions(list, list.slice(1))).to.equal(false);
    expect(sameConditions(list, [...list].reverse())).to.equal(false);
    expect(sameConditions(undefined, [])).to.equal(true);
    for (const field of ['status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration']) {
      expect(conditionEquals(list[1], { ...list[1], [field]: 'other' } as unknown as Condition), field).to.equal(false);
    }
    expect(conditionEquals(undefined, list[1])).to.equal(false);
  });
});
