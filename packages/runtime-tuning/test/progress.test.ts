import { TuningRuntime } from '@kaito-sdk/runtime-tuning';
import { expect } from 'chai';

const { logs } = new TuningRuntime();
const read = (facts: object) => logs.read(JSON.stringify(facts));

describe('what the programs of a tuning tell', () => {
  it('is how far it has come, in a sentence and in figures', () => {
    const step = {
      event: 'step',
      step: 3,
      steps: 40,
      loss: 1.23456,
      etaSeconds: 65,
      tokensPerSecond: 170.2,
      peakMemoryBytes: 9,
    };
    expect(read(step)).to.deep.equal({
      message: 'step 3 of 40, loss 1.235, 65 s left, 170 tokens/s',
      figures: { step: 3, steps: 40, loss: 1.23456, etaSeconds: 65, tokensPerSecond: 170.2, peakMemoryBytes: 9 },
    });
    expect(read({ ...step, etaSeconds: 600 })?.message).to.contain('10 min left');
    expect(read({ ...step, etaSeconds: 9000 })?.message).to.contain('2.5 h left');
  });

  for (const [event, reason, type] of [
    ['adapted', 'TuningAdapted', 'Normal'],
    ['resumed', 'TuningResumed', 'Normal'],
    ['interrupted', 'TuningInterrupted', 'Warning'],
    ['warning', 'TuningWarning', 'Warning'],
    ['push-failed', 'PushFailed', 'Warning'],
  ] as const) {
    it(`is worth an event: ${event}`, () => {
      expect(read({ event })?.event).to.deep.equal({ type, reason });
    });
  }

  it('is nothing else: other libraries print what they like', () => {
    for (const line of ['', 'Loading checkpoint shards', '{"loss": 1', '{"event": "unheard of"}', '[1]']) {
      expect(logs.read(line)).to.equal(undefined);
    }
  });
});
