import { expect } from 'chai';
import { duration } from '../../dist/story/duration.js';
import { nextStep } from '../../dist/story/next-step.js';
import { whyOf } from '../../dist/story/why.js';
import { ago, anAttempt, aStory, conditions, NOON, PLAN } from './stories.js';

const why = (...args: Parameters<typeof aStory>) => whyOf(aStory(...args), [], NOON);

describe('why a Workspace waits', () => {
  it('is that no operator has seen it, as long as it has no status', () => {
    expect(why()).to.deep.include({
      state: 'unseen',
      reason: 'NotSeen',
      sentence: 'No operator has looked at lab/demo yet: it has no status.',
    });
    expect(why().next).to.match(/^Check that the operator runs and leads/);
  });

  it('is that its latest change was not looked at, when the conditions are of an earlier one', () => {
    const old = conditions(['Planned', 'False', 'UnknownPreset', 'x', 1]).map((one) => ({
      ...one,
      observedGeneration: 1,
    }));
    expect(why({ conditions: old })).to.deep.include({ state: 'unseen', reason: 'ChangeNotSeen' });
  });

  it('is the refusal of the planner, with its own way out, said once', () => {
    const refusal = {
      feasible: false,
      code: 'UnknownPreset',
      field: 'inference.preset.name',
      message: 'There is no preset "tyni".',
      remedy: 'Did you mean "tiny"?',
      rejected: [],
    } as const;
    const message = `${refusal.field}: ${refusal.message} ${refusal.remedy}`;
    const told = why({ plan: refusal, conditions: conditions(['Planned', 'False', 'UnknownPreset', message, 3]) });
    expect(told).to.deep.include({
      state: 'blocked',
      condition: 'Planned',
      reason: 'UnknownPreset',
      next: refusal.remedy,
    });
    expect(told.sentence).to.equal(
      'lab/demo is blocked for 3m00s at Planned (UnknownPreset): inference.preset.name: There is no preset "tyni".',
    );
  });

  it('is the first phase that is not done, since when, and what was tried before', () => {
    const told = why({
      conditions: conditions(
        ['Planned', 'True', 'Feasible', 'it fits', 15],
        ['NodeClaimReady', 'False', 'CapacityUnavailable', 'gpu.small has no capacity', 4],
        ['ResourceReady', 'False', 'CapacityUnavailable', 'gpu.small has no capacity', 4],
        ['WorkspaceReady', 'False', 'workspacePending', 'gpu.small has no capacity', 15],
      ),
      attempts: [
        anAttempt({ claim: 'ws1', ended: ago(9), failure: 'capacity', message: 'none left' }),
        anAttempt({ claim: 'ws2', ended: ago(4), failure: 'capacity', message: 'none left in z1', zone: 'z1' }),
        anAttempt({ claim: 'ws3', ended: ago(2) }),
      ],
    });
    expect(told.sentence).to.equal(
      'lab/demo is waiting for 4m00s at NodeClaimReady (CapacityUnavailable): gpu.small has no capacity.',
    );
    expect(told.next).to.match(/resource\.alternatives/);
    expect(told.failures).to.deep.equal([
      `${ago(4)} gpu.small, in z1: none left in z1`,
      `${ago(9)} gpu.small: none left`,
    ]);
  });

  it('is blocked where nothing will change by itself', () => {
    const told = why({
      conditions: conditions(
        ['Planned', 'True', 'Feasible', 'it fits', 15],
        ['NodeClaimReady', 'False', 'NotPermitted', 'may not create', 4],
        ['WorkspaceReady', 'False', 'workspaceFailed', 'may not create', 4],
      ),
    });
    expect(told.state).to.equal('blocked');
    expect(told.sentence).to.match(/^lab\/demo is blocked for 4m00s at NodeClaimReady \(NotPermitted\)/);
  });

  it('is nothing when it is ready: then it says on what it runs, and what to do with it', () => {
    const all = ['Planned', 'NodeClaimReady', 'ResourceReady', 'InferenceReady', 'WorkspaceReady'].map(
      (type) => [type, 'True', 'Fine', '', 2] as const,
    );
    const told = why({ plan: PLAN, conditions: conditions(...all) });
    expect(told).to.deep.include({ state: 'ready', failures: [], warnings: [] });
    expect(told.sentence).to.equal('lab/demo is ready for 2m00s: tiny on 1 x gpu.small with engine.');
    expect(told.next).to.equal('Ask it something: kaito chat demo -n lab.');
  });

  it('is nothing when a tuning has succeeded, although its nodes are gone', () => {
    const told = why(
      {
        conditions: conditions(
          ['Planned', 'True', 'Feasible', '', 15],
          ['NodeClaimReady', 'False', 'x', 'gone', 1],
          ['JobStarted', 'True', 'x', '', 9],
          ['WorkspaceSucceeded', 'True', 'workspaceSucceeded', '', 1],
        ),
      },
      { inference: undefined, tuning: {} } as never,
    );
    expect(told.state).to.equal('ready');
    expect(told.sentence).to.match(/^The tuning lab\/demo has succeeded for 1m00s/);
  });

  it('says that a tuning has failed, and passes over a look at the data that could not be taken', () => {
    const told = why(
      {
        state: 'Failed',
        conditions: conditions(
          ['Planned', 'True', 'Feasible', '', 15],
          ['DataChecked', 'Unknown', 'NoRoomForCheck', 'no room', 10],
          ['NodeClaimReady', 'True', 'x', '', 9],
          ['ResourceReady', 'True', 'x', '', 8],
          ['JobStarted', 'False', 'PodFailed', 'exit code 1', 1],
        ),
      },
      { inference: undefined, tuning: {} } as never,
    );
    expect([told.state, told.condition]).to.deep.equal(['failed', 'JobStarted']);
    expect(told.sentence).to.match(/^lab\/demo has failed for 1m00s at JobStarted \(PodFailed\): exit code 1\.$/);
  });

  it('is its end, when it is being deleted', () => {
    const metadata = { name: 'demo', namespace: 'lab', deletionTimestamp: ago(1) };
    const leaving = conditions(['WorkspaceDeleting', 'True', 'workspaceDeleted', 'waiting for 1 node to go: ws1', 1]);
    expect(why({ conditions: leaving }, { metadata }).sentence).to.equal(
      'lab/demo is being deleted: waiting for 1 node to go: ws1.',
    );
    expect(why({}, { metadata }).next).to.match(/Start the operator: its finalizer waits/);
  });

  it('is what the operator fails at, before all that was waited for', () => {
    const failing = (reason: string, message = 'planning: no') => ['Reconciled', 'False', reason, message, 1] as const;
    const waiting = why({
      conditions: conditions(['NodeClaimReady', 'False', 'NodeClaimNotReady', 'late', 4], failing('OperatorFailing')),
    });
    expect(waiting).to.include({ state: 'waiting', condition: 'Reconciled', reason: 'OperatorFailing' });
    expect(waiting.sentence).to.equal('lab/demo is waiting for 1m00s at Reconciled (OperatorFailing): planning: no.');
    expect(waiting.next).to.equal('Report it, with the log of the operator: this is a fault of the operator itself.');
    expect(why({ conditions: conditions(failing('SomethingElse')) }).next).to.match(/^Do what the message says/);

    const ready = why({ conditions: conditions(['WorkspaceReady', 'True', 'x', '', 9], failing('ApiServerFailing')) });
    expect(ready).to.include({ state: 'ready', condition: 'Reconciled', reason: 'ApiServerFailing' });
    expect(ready.sentence).to.equal(
      'lab/demo is ready for 9m00s. The operator has failed at it for 1m00s (ApiServerFailing): planning: no.',
    );

    const failed = why(
      { state: 'Failed', conditions: conditions(['JobStarted', 'False', 'PodFailed', 'exit code 1', 9], failing('X')) },
      { inference: undefined, tuning: {} } as never,
    );
    expect(failed).to.include({ state: 'failed', condition: 'JobStarted', reason: 'PodFailed' });
    expect(failed.sentence).to.match(/exit code 1\. The operator has failed at it for 1m00s \(X\): planning: no\.$/);

    const metadata = { name: 'demo', namespace: 'lab', deletionTimestamp: ago(1) };
    const leaving = why({ conditions: conditions(failing('RequestRefused', 'giving back: no')) }, { metadata });
    expect(leaving.sentence).to.equal('lab/demo is being deleted: giving back: no.');
    expect(leaving.next).to.match(/^Change what refuses/);
  });

  it('has the latest warnings that were told of it, to the second', () => {
    const event = (type: string, reason: string, at: string) => ({ type, reason, note: `note of ${reason}`, at });
    const events = [
      event('Warning', 'A', ago(9)),
      event('Normal', 'B', ago(1)),
      event('Warning', 'C', ago(2).replace('Z', '.076000Z')),
      event('Warning', 'D', ago(3)),
      event('Warning', 'E', ago(4)),
    ];
    expect(whyOf(aStory(), events, NOON).warnings).to.deep.equal([
      `${ago(2)} C: note of C`,
      `${ago(3)} D: note of D`,
      `${ago(4)} E: note of E`,
    ]);
  });
});

describe('the next step', () => {
  it('of a reason that nobody foresaw is where to look', () => {
    expect(nextStep('Whatever', { name: 'demo', namespace: 'lab' })).to.equal(
      'Read the events: kubectl describe workspace demo -n lab.',
    );
  });
});

describe('a duration in words', () => {
  for (const [ms, words] of [
    [-5, '0s'],
    [45_400, '45s'],
    [250_000, '4m10s'],
    [7_500_000, '2h05m'],
    [273_600_000, '3d4h'],
  ] as const) {
    it(`of ${ms} ms is ${words}`, () => expect(duration(ms)).to.equal(words));
  }
});
