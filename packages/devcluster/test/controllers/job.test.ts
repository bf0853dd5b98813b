import { kinds, type Script } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aJob, condition, World } from '../support/world.js';

const ends =
  (code: number, after = 1_000): Script =>
  () => ({ exit: { after, code } });

describe('the job controller', () => {
  let world: World;
  afterEach(() => world.stop());

  it('runs one pod to its end and is Complete', async () => {
    world = await World.start();
    await world.created(kinds.jobs, aJob('train'));
    expect((await world.get(kinds.jobs, 'train')).status).to.include({ active: 1, ready: 1 });
    await world.advance(2);
    const job = await world.get(kinds.jobs, 'train');
    expect(job.status).to.include({ succeeded: 1, ready: 0 });
    expect(job.status).not.to.have.any.keys('active', 'failed');
    expect(condition(job, 'Complete')).to.include({ status: 'True', reason: 'CompletionsReached' });
    expect(condition(job, 'SuccessCriteriaMet')).to.include({ status: 'True' });
    expect(Date.parse(job.status!.completionTime!)).to.be.greaterThan(Date.parse(job.status!.startTime!));
    expect(world.failures).to.deep.equal([]);
  });

  it('keeps the finished pod, no longer held by its finalizer', async () => {
    world = await World.start();
    await world.created(kinds.jobs, aJob('train'));
    const held = (await world.pods())[0]!;
    expect(held.metadata.finalizers).to.deep.equal(['batch.kubernetes.io/job-tracking']);
    await world.advance(2);
    const [pod] = await world.pods();
    expect(pod!.status!.phase).to.equal('Succeeded');
    expect(pod!.metadata.finalizers).to.equal(undefined);
  });

  it('works through its completions no more than parallelism at a time', async () => {
    world = await World.start({ script: ends(0, 10_000) });
    await world.created(kinds.jobs, aJob('train', { completions: 5, parallelism: 2 }));
    for (const [seconds, succeeded, active] of [
      [11, 2, 2],
      [10, 4, 1],
      [10, 5, undefined],
    ] as const) {
      await world.advance(seconds);
      const { status } = await world.get(kinds.jobs, 'train');
      expect([status!.succeeded, status!.active]).to.deep.equal([succeeded, active]);
    }
    expect(await world.pods()).to.have.length(5);
  });

  it('tries again with a growing delay until the back-off limit, then is Failed', async () => {
    world = await World.start({ script: ends(3) });
    await world.created(kinds.jobs, aJob('train', { backoffLimit: 2 }));
    await world.advance(2);
    expect((await world.get(kinds.jobs, 'train')).status).to.include({ failed: 1 });
    await world.advance(9.5);
    expect((await world.get(kinds.jobs, 'train')).status).to.include({ failed: 1, active: 1 });
    await world.advance(1);
    expect((await world.get(kinds.jobs, 'train')).status).to.include({ failed: 2 });
    await world.advance(19);
    expect((await world.get(kinds.jobs, 'train')).status).to.include({ failed: 2 });
    await world.advance(2);
    const job = await world.get(kinds.jobs, 'train');
    expect(job.status).to.include({ failed: 3 });
    expect(condition(job, 'Failed')).to.include({
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(condition(job, 'FailureTarget')).to.include({ status: 'True' });
  });

  it('fails at once with backoffLimit 0, as the tuning jobs of KAITO 0.3 do', async () => {
    world = await World.start({ script: ends(1) });
    await world.created(kinds.jobs, aJob('train', { backoffLimit: 0 }));
    await world.advance(2);
    expect(condition(await world.get(kinds.jobs, 'train'), 'Failed')).to.include({ reason: 'BackoffLimitExceeded' });
    expect(await world.pods()).to.have.length(1);
  });

  it('with OnFailure restarts the container in the pod and counts restarts against the limit', async () => {
    world = await World.start({ script: ends(1) });
    await world.created(kinds.jobs, aJob('train', { backoffLimit: 1 }, { restartPolicy: 'OnFailure' }));
    await world.advance(60);
    expect(condition(await world.get(kinds.jobs, 'train'), 'Failed')).to.include({ reason: 'BackoffLimitExceeded' });
  });

  it('makes no pod while suspended, stops those it has, and starts the clock anew on resume', async () => {
    world = await World.start({ script: () => ({}) });
    const job = await world.created(kinds.jobs, aJob('train', { suspend: true }));
    expect(await world.pods()).to.deep.equal([]);
    expect(condition(await world.get(kinds.jobs, 'train'), 'Suspended')).to.include({
      status: 'True',
      reason: 'JobSuspended',
    });
    expect((await world.get(kinds.jobs, 'train')).status).not.to.have.property('startTime');
    await world.advance(100);
    await world.patched(kinds.jobs, job, { spec: { suspend: false } });
    expect(await world.pods()).to.have.length(1);
    const resumed = await world.get(kinds.jobs, 'train');
    expect(condition(resumed, 'Suspended')).to.include({ status: 'False', reason: 'JobResumed' });
    expect(Date.parse(resumed.status!.startTime!)).to.equal(world.clock.now());
    await world.patched(kinds.jobs, job, { spec: { suspend: true } });
    await world.advance(31);
    expect(await world.pods()).to.deep.equal([]);
    expect((await world.get(kinds.jobs, 'train')).status).not.to.have.property('failed');
  });

  it('is Failed when activeDeadlineSeconds is over, and its pods are stopped', async () => {
    world = await World.start({ script: () => ({}) });
    await world.created(kinds.jobs, aJob('train', { activeDeadlineSeconds: 60 }));
    await world.advance(59);
    expect(condition(await world.get(kinds.jobs, 'train'), 'Failed')).to.equal(undefined);
    await world.advance(40);
    expect(condition(await world.get(kinds.jobs, 'train'), 'Failed')).to.include({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    });
    expect(await world.pods()).to.deep.equal([]);
  });

  it('is deleted with its pods after ttlSecondsAfterFinished', async () => {
    world = await World.start();
    await world.created(kinds.jobs, aJob('train', { ttlSecondsAfterFinished: 100 }));
    await world.advance(99);
    expect(await world.all(kinds.jobs)).to.have.length(1);
    await world.advance(10);
    expect(await world.all(kinds.jobs)).to.deep.equal([]);
    expect(await world.pods()).to.deep.equal([]);
  });

  it('replaces a pod that somebody deletes and counts it as failed', async () => {
    world = await World.start({ script: () => ({}) });
    await world.created(kinds.jobs, aJob('train'));
    await world.deleted(kinds.pods, (await world.pods())[0]!);
    await world.advance(50);
    const { status } = await world.get(kinds.jobs, 'train');
    expect(status).to.include({ failed: 1, active: 1 });
  });

  describe('with a pod failure policy', () => {
    const policy = {
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes: { operator: 'In', values: [2] } },
          { action: 'Ignore', onExitCodes: { operator: 'In', values: [9] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        ],
      },
    };

    it('fails at once for an exit code that another try cannot cure, in the words of the real one', async () => {
      world = await World.start({ script: ends(2) });
      await world.created(kinds.jobs, aJob('train', policy));
      await world.advance(2);
      const job = await world.get(kinds.jobs, 'train');
      const [pod, ...others] = await world.pods();
      expect(others).to.deep.equal([]);
      expect(condition(job, 'Failed')).to.include({
        reason: 'PodFailurePolicy',
        message: `Container main for pod default/${pod!.metadata.name} failed with exit code 2 matching FailJob rule at index 0`,
      });
      expect(job.status).to.include({ failed: 1 });
    });

    it('does not count a failure that it ignores', async () => {
      world = await World.start({ script: ends(9, 1_000) });
      await world.created(kinds.jobs, aJob('train', policy));
      await world.advance(20);
      const job = await world.get(kinds.jobs, 'train');
      expect(job.status).not.to.have.property('failed');
      expect(condition(job, 'Failed')).to.equal(undefined);
    });

    it('counts what no rule is about', async () => {
      world = await World.start({ script: ends(3) });
      await world.created(kinds.jobs, aJob('train', policy));
      await world.advance(2);
      expect((await world.get(kinds.jobs, 'train')).status).to.include({ failed: 1 });
    });
  });

  it('lets go of the pods of a Job that was deleted from under them', async () => {
    world = await World.start({ script: () => ({}) });
    const job = await world.created(kinds.jobs, aJob('train'));
    await world.cluster.client.delete(kinds.jobs, 'default', job.metadata.name, { propagationPolicy: 'Background' });
    await world.advance(60);
    expect(await world.pods()).to.deep.equal([]);
  });

  it('says what it does not do instead of doing something else', async () => {
    world = await World.start();
    await world.created(kinds.jobs, aJob('train', { completionMode: 'Indexed', completions: 2 }));
    expect(condition(await world.get(kinds.jobs, 'train'), 'Failed')).to.include({
      reason: 'NotSupportedByDevcluster',
    });
  });

  it('writes nothing once it is done', async () => {
    world = await World.start();
    await world.created(kinds.jobs, aJob('train'));
    await world.advance(5);
    const before = (await world.cluster.client.list(kinds.pods)).resourceVersion;
    await world.advance(3600);
    expect((await world.cluster.client.list(kinds.pods)).resourceVersion).to.equal(before);
  });
});
