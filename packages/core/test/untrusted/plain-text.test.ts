import { formatFieldErrors } from '@kaito-sdk/core';
import { expect } from 'chai';
import { plainText } from '../../dist/plain-text.js';
import { AttemptLog } from '../../dist/workspace/attempt-log.js';
import { StatusDraft } from '../../dist/workspace/status-draft.js';

const ESC = '\u001b';
const HOSTILE = `${ESC}[2J${ESC}]0;owned\u0007 all is well\r\u202e\u0085`;
const SHOWN = '\\u001b[2J\\u001b]0;owned\\u0007 all is well\\u000d\\u202e\\u0085';
const NOW = '2026-01-01T00:00:00Z';

describe('text from outside', () => {
  it('is shown and not acted on by a terminal', () => {
    expect(plainText(HOSTILE, 1000)).to.equal(SHOWN);
  });

  it('keeps its lines, its tabulators and every script', () => {
    const text = 'first\n\tsecond: größer, 日本語, العربية, 👩‍🔬';
    expect(plainText(text, 1000)).to.equal(text);
  });

  it('is cut, and never in the middle of a character', () => {
    expect(plainText('abcdef', 4)).to.equal('abc…');
    expect(plainText('ab👩👩', 4)).to.equal('ab…');
  });

  it('is plain in conditions, in events and in what is kept of a tuning', () => {
    const status = new StatusDraft({}, 1, NOW);
    status.condition('ResourceReady', 'False', 'CloudSays', HOSTILE);
    status.event('Warning', 'CloudSays', HOSTILE);
    status.tuning({ message: HOSTILE });
    const { conditions = [], tuning } = status.changed() ?? {};
    const said = [conditions[0]?.message, status.events[0]?.message, tuning?.message];
    expect(said).to.deep.equal([SHOWN, SHOWN, SHOWN]);
  });

  it('is plain in what is remembered of attempts, and short: two dozen of them are in one status', () => {
    const log = new AttemptLog([], Date.parse(NOW));
    log.begin({ claim: 'a', instanceType: 'gpu.small', capacityType: 'on-demand', generation: 1 });
    log.hear('a', { failure: 'capacity', reason: 'CloudSays', message: HOSTILE.repeat(1000) });
    expect(log.all[0]?.message)
      .to.match(/^\\u001b/)
      .and.not.include(ESC);
    log.end('a', { failure: 'capacity', reason: 'CloudSays', message: HOSTILE.repeat(1000) });
    expect(log.all[0]?.message?.length).to.be.lessThan(1024 * 6);
  });

  it('is cut in a condition at the length of a termination message', () => {
    const status = new StatusDraft({}, 1, NOW);
    status.condition('ResourceReady', 'False', 'CloudSays', 'x'.repeat(1_000_000));
    expect(status.changed()?.conditions?.[0]?.message).to.have.length(4096);
  });

  it('is plain where a refusal quotes it', () => {
    const told = formatFieldErrors([
      { field: `resource.${ESC}[31m`, reason: 'Invalid', value: `${ESC}[0m\u202e`, message: `must not be ${HOSTILE}` },
    ]);
    expect(told).not.to.match(/[\p{Cc}\u202e]/u);
  });
});
