import { expect } from 'chai';
import { saysTheTruth, type Waiting } from './support/fault-world/true-reason.js';

const began = Date.UTC(2026, 5, 1, 12);
const now = began + 2 * 3_600_000;
const at = (minutes: number) => new Date(began + minutes * 60_000).toISOString().replace('.000', '');
const famine = { name: 'no quota', reason: /quota exceeded/, begin: () => undefined };

describe('the rule by which the fault world tells a true reason from a false one', () => {
  const attempt = (asked: number, more: object = {}) =>
    ({
      claim: 'ws1',
      instanceType: 'a',
      capacityType: 'on-demand',
      generation: 1,
      stage: 'requested',
      since: at(asked),
      asked: at(asked),
      ...more,
    }) as const;
  const waiting = (message: string, ...attempts: Waiting['attempts']): Waiting => ({
    reason: 'R',
    message,
    attempts,
    nodes: ['vm-1'],
    conditions: [{ type: 'NodeClaimReady', status: 'False', message }],
  });
  const ended = (asked: number, message: string) => attempt(asked, { ended: at(asked + 5), message });
  const judged = (one: Waiting) => saysTheTruth(one, famine, began, now);

  it('wants who asked during the shortage to name it', () => {
    expect(judged(waiting('quota exceeded; the next try', ended(10, 'quota exceeded')))).to.equal(true);
    expect(judged(waiting(`no capacity; the next try is at ${at(130)}`, ended(10, 'no capacity')))).to.equal(false);
  });

  it('wants who asked before it to repeat the end of a try of its own, and a next try that is yet to come', () => {
    const before = ended(-10, 'no capacity');
    expect(judged(waiting(`a: no capacity; the next try is at ${at(130)}`, before))).to.equal(true);
    expect(judged(waiting('a: no capacity; nothing more is asked for', before)), 'a person must act').to.equal(true);
    expect(judged(waiting(`a: no capacity; the next try is at ${at(110)}`, before)), 'overdue').to.equal(false);
    expect(judged(waiting(`a: quota exceeded; the next try is at ${at(130)}`, before)), 'not its own').to.equal(false);
    expect(judged(waiting('', before))).to.equal(false);
  });

  it('wants one whose node is under way to name that node, until its conditions speak of pods', () => {
    expect(judged(waiting('1 of 1 nodes not there yet: ws1 is requested', attempt(-10)))).to.equal(true);
    expect(judged(waiting('1 of 1 nodes not there yet: ws2 is requested', attempt(-10)))).to.equal(false);
    expect(judged(waiting('node vm-1: shows 0 of 1', attempt(-10, { stage: 'joined' })))).to.equal(true);
    expect(judged(waiting('node vm-2: shows 0 of 1', attempt(-10, { stage: 'joined' })))).to.equal(false);
    expect(judged(waiting('the engine starts', attempt(-100, { stage: 'running' })))).to.equal(true);
  });

  it('wants one that has asked for nothing to say anything at all', () => {
    expect(judged(waiting('secret s is missing'))).to.equal(true);
    expect(judged(waiting(''))).to.equal(false);
  });
});
