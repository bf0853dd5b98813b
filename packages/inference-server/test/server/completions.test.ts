import { expect } from 'chai';
import { Completions } from '../../dist/server/completions.js';
import { ServerMetrics } from '../../dist/server/metrics.js';
import { Problem } from '../../dist/server/problem.js';
import { RequestQueue } from '../../dist/server/request-queue.js';
import { ManualClock } from '../support/manual-clock.js';
import { ScriptedEngine } from '../support/scripted-engine.js';
import { until } from '../support/served.js';

const never = new AbortController().signal;

function world(engine = new ScriptedEngine(), places = 2) {
  const clock = new ManualClock();
  const queue = new RequestQueue(engine.concurrency, places);
  const completions = new Completions(engine, queue, new ServerMetrics(), clock);
  return { engine, clock, queue, completions };
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw new Error(`expected a problem, got ${String(error)}`);
}

describe('completions', () => {
  it('come as a whole with their tokens and the reason of their end', async () => {
    const { completions } = world();
    const whole = (maxTokens: number) => completions.whole([1], { maxTokens }, [], never);
    expect(await whole(10)).to.deep.equal({ text: 'Yes, it works.', reason: 'stop', completionTokens: 3 });
    expect(await whole(2)).to.deep.equal({ text: 'Yes, it', reason: 'length', completionTokens: 2 });
  });

  it('end at a stop string, and the engine is told to stop', async () => {
    const { completions, engine } = world();
    const answer = await completions.whole([1], { maxTokens: 10 }, [', '], never);
    expect(answer).to.deep.equal({ text: 'Yes', reason: 'stop', completionTokens: 2 });
    expect(engine.ended).to.equal(1);
  });

  it('give their turn back however they end', async () => {
    const { completions, queue, engine } = world();
    const pieces = completions.stream([1], { maxTokens: 10 }, [], never);
    await pieces.next();
    expect(queue.running).to.equal(1);
    await pieces.return({ reason: 'gone', completionTokens: 1 });
    expect([queue.running, engine.ended]).to.deep.equal([0, 1]);
  });

  it('are gone when nobody waits for them any more, and never begin if that was so before', async () => {
    const { completions, engine } = world();
    const answer = await completions.whole([1], { maxTokens: 10 }, [], AbortSignal.abort());
    expect(answer).to.deep.equal({ text: '', reason: 'gone', completionTokens: 0 });
    expect(engine.begun).to.deep.equal([]);
  });

  it('ask to come back after the time that the queue will take, by what answers took so far', async () => {
    const { completions, engine, clock } = world();
    for (let i = 0; i < 50; i++) {
      engine.hold();
      const answer = completions.whole([1], { maxTokens: 10 }, [], never);
      await until(() => engine.begun.length === i + 1);
      clock.step(10_000);
      engine.let(100);
      await answer;
    }
    engine.hold();
    const pending = [1, 2, 3].map(() => completions.whole([1], { maxTokens: 10 }, [], never));
    const { status, options } = await problemOf(completions.whole([1], { maxTokens: 10 }, [], never));
    expect(status).to.equal(429);
    expect(Number(options.headers?.['Retry-After'])).to.equal(20);
    engine.let(1_000);
    await Promise.all(pending);
  });

  it('are refused for a prompt without room for one token, with the field to blame', async () => {
    const { completions } = world(new ScriptedEngine([], 10));
    expect(completions.tokens({ kind: 'text', text: 'x'.repeat(9) }, 'prompt')).to.have.length(9);
    const problem = await problemOf(
      (async () => completions.tokens({ kind: 'text', text: 'x'.repeat(10) }, 'prompt'))(),
    );
    expect(problem.status).to.equal(400);
    expect(problem.options).to.deep.equal({ code: 'context_length_exceeded', param: 'prompt' });
  });
});
