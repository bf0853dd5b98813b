import type { KubeObject } from '@kaito-sdk/core';
import { TuningRuntime } from '@kaito-sdk/runtime-tuning';
import { expect } from 'chai';
import { aPlan } from './fixtures.js';

const runtime = new TuningRuntime();
const plan = aPlan();

/** A Job with this status. */
function aJob(status: object = {}, spec: object = { suspend: false }): KubeObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'tune-phi-3' }, spec, status } as KubeObject;
}
const ended = (type: 'Complete' | 'Failed', more: object = {}) =>
  aJob({ conditions: [{ type, status: 'True', ...more }] });

type State = 'waiting' | 'running' | 'terminated';
/** A pod of the Job; its containers by name, each with its state. */
function aPod(
  containers: Readonly<Record<string, Partial<Record<State, object>>>>,
  more: Partial<KubeObject> = {},
): KubeObject {
  const { metadata, status, ...others } = more as { metadata?: object; status?: object };
  const statuses = Object.entries(containers).map(([name, state]) => ({
    name,
    image: `registry.example/${name}`,
    state,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'tune-phi-3-x',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'job-name': 'tune-phi-3' },
      ...metadata,
    },
    status: { containerStatuses: statuses, ...status },
    ...others,
  } as KubeObject;
}
const said = (words: object, exitCode = 2) => ({ terminated: { exitCode, message: JSON.stringify(words) } });
const assess = (objects: readonly KubeObject[], pods: readonly KubeObject[] = []) =>
  runtime.assess({ plan, objects, pods });
const outcome = (job: KubeObject, pods: readonly KubeObject[] = []) => runtime.outcome({ plan, objects: [job], pods });

describe('how a tuning goes', () => {
  it('is told from the Job while there is no pod', () => {
    expect(assess([])).to.include({ state: 'waiting', reason: 'WorkloadNotCreated' });
    expect(assess([aJob({}, { suspend: true })])).to.include({ state: 'waiting', reason: 'JobSuspended' });
    expect(assess([aJob()])).to.include({ state: 'waiting', reason: 'PodsMissing' });
  });

  it('is the scheduler’s word while no node takes the pod', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }];
    expect(assess([aJob()], [aPod({}, { status: { conditions } } as never)])).to.deep.equal({
      state: 'waiting',
      reason: 'Unschedulable',
      message: 'Pod tune-phi-3-x: 0/1 nodes',
    });
  });

  for (const [name, doing] of [
    ['data', 'fetches and checks the data'],
    ['weights', 'fetches the base model'],
  ] as const) {
    it(`is what its container does: ${doing}`, () => {
      const pod = aPod({ [name]: { running: {} }, trainer: { waiting: { reason: 'PodInitializing' } } });
      expect(assess([aJob()], [pod])).to.deep.equal({
        state: 'waiting',
        reason: 'WorkloadStarting',
        message: `Pod tune-phi-3-x: container ${name} ${doing}.`,
      });
    });
  }

  it('is ready when the training runs, and stays so while its adapter is pushed', () => {
    expect(assess([aJob()], [aPod({ trainer: { running: {} }, pusher: { running: {} } })])).to.deep.equal({
      state: 'ready',
    });
    const pushing = aPod({ trainer: { terminated: { exitCode: 0 } }, pusher: { running: {} } });
    expect(assess([aJob()], [pushing])).to.deep.equal({ state: 'ready' });
  });

  for (const reason of ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName']) {
    it(`names the image that cannot be pulled: ${reason}`, () => {
      const found = assess([aJob()], [aPod({ data: { waiting: { reason, message: 'not found' } } })]);
      expect(found).to.include({ state: 'failed', reason: 'ImagePullError' });
      expect((found as { message: string }).message).to.contain(
        `registry.example/data cannot be pulled (${reason}): not found`,
      );
    });
  }

  it('is failed where a container cannot be made', () => {
    const pod = aPod({
      trainer: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "hub" not found' } },
    });
    expect(assess([aJob()], [pod])).to.deep.include({
      state: 'failed',
      reason: 'ContainerStartError',
      message: 'Pod tune-phi-3-x: CreateContainerConfigError: secret "hub" not found',
    });
  });

  it('is failed in the words of the program, its code made a reason', () => {
    const pod = aPod({ trainer: said({ code: 'OUT_OF_MEMORY', message: 'use method qlora' }) });
    expect(assess([aJob()], [pod])).to.deep.equal({
      state: 'failed',
      reason: 'OutOfMemory',
      message: 'Pod tune-phi-3-x: use method qlora',
    });
  });

  it('is told by the newest pod, and by none that is on its way out or another Job’s', () => {
    const first = aPod({ trainer: said({ code: 'X' }, 1) }, { metadata: { name: 'first' } } as never);
    const second = aPod({ trainer: { running: {} } }, {
      metadata: { name: 'second', creationTimestamp: '2026-01-01T00:01:00Z' },
    } as never);
    expect(assess([aJob()], [second, first])).to.deep.equal({ state: 'ready' });
    const leaving = aPod({ trainer: { running: {} } }, {
      metadata: { deletionTimestamp: '2026-01-01T00:02:00Z' },
    } as never);
    const stranger = aPod({ trainer: { running: {} } }, { metadata: { labels: { 'job-name': 'other' } } } as never);
    expect(assess([aJob()], [leaving, stranger])).to.include({ reason: 'PodsMissing' });
  });
});

describe('how a tuning ended', () => {
  it('is not told while it goes on', () => {
    expect(outcome(aJob({ active: 1 }))).to.equal(undefined);
  });

  it('is the pushed image, with its digest', () => {
    const image = 'registry.example/a@sha256:1';
    const pod = aPod({ trainer: said({ message: '30 steps' }, 0), pusher: said({ message: 'pushed', image }, 0) }, {
      status: { phase: 'Succeeded' },
    } as never);
    expect(outcome(ended('Complete'), [pod])).to.deep.equal({ succeeded: true, message: 'pushed', image });
  });

  it('is without an image where the result stays in a volume, or the pod is gone', () => {
    expect(outcome(ended('Complete'))).to.deep.equal({ succeeded: true, message: 'the Job is complete' });
  });

  it('is the program’s own reason where it gave one', () => {
    const pod = aPod({ data: said({ code: 'COLUMNS_MISSING', message: 'there is no column messages' }) });
    expect(outcome(ended('Failed', { reason: 'PodFailurePolicy' }), [pod])).to.deep.equal({
      succeeded: false,
      reason: 'ColumnsMissing',
      message: 'there is no column messages',
    });
  });

  it('is the Job’s reason where the program died without a word, and says how often', () => {
    const dead = (name: string) =>
      aPod({ trainer: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }, { metadata: { name } } as never);
    expect(
      outcome(ended('Failed', { reason: 'BackoffLimitExceeded', message: 'too many' }), [dead('a'), dead('b')]),
    ).to.deep.equal({
      succeeded: false,
      reason: 'BackoffLimitExceeded',
      message: 'container trainer was killed for using more memory than it may (OOMKilled), 2 times',
    });
  });

  it('is what the Job says where no pod is left', () => {
    expect(outcome(ended('Failed', { reason: 'DeadlineExceeded', message: 'Job was active too long' }))).to.deep.equal({
      succeeded: false,
      reason: 'DeadlineExceeded',
      message: 'Job was active too long',
    });
  });

  it('is read from the end of a log where that fell in as the message, and shortened where it is only a log', () => {
    const log = `Traceback\n  more\n${JSON.stringify({ code: 'TRAINER_CRASHED', message: 'it died' })}`;
    const pod = aPod({ trainer: { terminated: { exitCode: 1, message: log } } });
    expect(outcome(ended('Failed'), [pod])).to.include({ reason: 'TrainerCrashed', message: 'it died' });
    const long = aPod({ trainer: { terminated: { exitCode: 1, message: `${'x'.repeat(1000)}\nlast line` } } });
    const { message = '' } = outcome(ended('Failed', { reason: 'BackoffLimitExceeded' }), [long]) ?? {};
    expect(message)
      .to.match(/^container trainer ended with exit code 1: …x+ \| last line$/)
      .and.have.length.below(500);
  });
});
