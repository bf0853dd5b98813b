import type { Transport } from '@kaito-sdk/core';
import type { Script } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { logsCommand } from '../../dist/commands/logs.js';
import { followLogs } from '../../dist/logs/follow-logs.js';
import type { LogWish } from '../../dist/logs/log-wish.js';
import { printLogs } from '../../dist/logs/print-logs.js';
import { UsageError } from '../../dist/usage-error.js';
import { Attended } from '../support/attended.js';
import { tuning } from '../support/chaos/life-step.js';
import { furnish } from '../support/chaos/workspace-life.js';
import { failure } from '../support/run-command.js';
import { PODS, phiWorkspace, World } from '../support/world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('kaito logs', function () {
  this.timeout(60_000);
  let world: World;
  const running: Attended[] = [];
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
    await world?.stop();
  });

  const start = async (script: Script = () => ({ says: 'loading\n\nready\n' })): Promise<void> => {
    world = await World.start({ script });
    await world.operate();
  };
  const asked = async (follow: boolean, wish: Partial<LogWish>): Promise<Attended> => {
    const whole = { namespace: 'default', name: 'demo', previous: false, prefix: false, timestamps: false, ...wish };
    const one = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
      follow ? followLogs(cluster, whole, io) : printLogs(cluster, whole, io),
    );
    running.push(one);
    return one;
  };
  const logs = (wish: Partial<LogWish> = {}) => asked(false, wish);
  const follow = (wish: Partial<LogWish> = {}) => asked(true, wish);
  const pods = () => world.names(PODS);
  const untilPod = () => world.clock.advanceUntil(async () => (await pods()).length > 0, HOUR);
  /** Says which run it is, and fails after ten minutes. */
  const failing: Script = (_pod, container, run) =>
    container === 'demo' ? { says: `run ${run}\n`, exit: { after: 10 * MINUTE, code: 1 } } : {};

  it('prints what the model has printed, empty lines too, exit code 0', async () => {
    await start();
    await world.apply(phiWorkspace());
    await world.untilReady();
    const { code, out, err } = await logs();
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.equal('loading\n\nready\n');
  });

  it('prints the last lines, or each with its time, or with where it comes from', async () => {
    await start();
    await world.apply(phiWorkspace());
    await world.untilReady();
    expect((await logs({ tailLines: 1 })).out).to.equal('ready\n');
    expect((await logs({ timestamps: true, tailLines: 1 })).out).to.match(/^2026-06-01T\S+Z ready\n$/);
    const [pod] = await pods();
    expect((await logs({ prefix: true, tailLines: 1 })).out).to.equal(`[pod/${pod}/demo] ready\n`);
    const sinceTime = new Date(world.clock.now() + MINUTE).toISOString();
    expect((await logs({ sinceTime })).out).to.equal('');
  });

  it('says what is waited for while there is no pod, in the words of kaito why, exit code 1', async () => {
    await start();
    await world.apply(phiWorkspace());
    const { code, out, err } = await logs();
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.match(
      /^kaito logs: default\/demo has no pod yet\ndefault\/demo is waiting for .* at NodeClaimReady .*\nnext: Nothing to do yet/,
    );
  });

  it('says why the container has not started, exit code 1', async () => {
    await start((_pod, container) =>
      container === 'demo' ? { refuse: { refuse: 'image', message: 'no such tag' } } : {},
    );
    await world.apply(phiWorkspace());
    await untilPod();
    await world.clock.advance(10 * MINUTE);
    const [pod] = await pods();
    const { code, out, err } = await logs();
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.match(new RegExp(`^kaito logs: container demo of pod ${pod} has not started: (Err)?ImagePull`));
    expect(err).to.match(/^next: /m);
  });

  it('prints the run before the present one, and says when there was none', async () => {
    await start(failing);
    await world.apply(phiWorkspace());
    await world.untilReady();
    const none = await logs({ previous: true });
    expect([none.code, none.out]).to.deep.equal([1, '']);
    expect(none.err).to.match(/^kaito logs: container demo of pod \S+ has no run before the present one\n$/);
    await world.clock.advance(11 * MINUTE);
    expect((await logs()).out).to.equal('run 1\n');
    const { code, out } = await logs({ previous: true });
    expect([code, out]).to.deep.equal([0, 'run 0\n']);
  });

  it('says which containers there are when one is asked for that is not', async () => {
    await start();
    await world.apply(phiWorkspace());
    await world.untilReady();
    const { code, err } = await logs({ container: 'engine' });
    expect(code).to.equal(1);
    expect(err).to.match(/^kaito logs: there is no container engine; pod \S+ has demo\n$/);
  });

  it('names a Workspace that is not there, followed or not', async () => {
    await start();
    for (const { code, err } of [await logs({ name: 'none' }), await follow({ name: 'none' })]) {
      expect(code).to.equal(1);
      expect(err).to.equal('kaito logs: there is no Workspace default/none; kaito status lists them\n');
    }
  });

  describe('that are followed', () => {
    it('say what is waited for, and begin when the container does', async () => {
      await start();
      await world.apply(phiWorkspace());
      const followed = await follow();
      expect(followed.out).to.equal('');
      expect(followed.err).to.match(/^kaito logs: no pod yet\. default\/demo is waiting for .* at NodeClaimReady/);
      await world.untilReady();
      expect(followed.out).to.equal('loading\n\nready\n');
      expect(await followed.stop()).to.equal(0);
    });

    it('go on through restarts, every line once', async () => {
      await start(failing);
      await world.apply(phiWorkspace());
      await world.untilReady();
      const followed = await follow();
      await world.clock.advance(45 * MINUTE);
      expect(followed.news()).to.deep.equal(['run 0', 'run 1', 'run 2', 'run 3', 'run 4']);
    });

    it('go on where they were after a lost connection, every line once', async () => {
      await start();
      await world.apply(phiWorkspace());
      await world.untilReady();
      const followed = await follow();
      expect(followed.news()).to.deep.equal(['loading', '', 'ready']);
      followed.away = true;
      await followed.cut();
      await world.clock.advance(MINUTE);
      followed.away = false;
      await world.clock.advance(2 * MINUTE);
      expect(followed.news()).to.deep.equal([]);
      expect(followed.err.match(/broke off/g)).to.have.length(1);
      expect(followed.err.match(/the connection is back/g)).to.have.length(1);
      for (const pod of await pods()) await world.cluster.client.delete(PODS, 'default', pod);
      await world.clock.advance(10 * MINUTE);
      expect(followed.news().map((line) => line.replace(/^\S+ ?/, ''))).to.deep.equal(['loading', '', 'ready']);
    });

    it('take up a pod that comes later, and say from then on where each line comes from', async () => {
      await start();
      await world.apply(phiWorkspace());
      await world.untilReady();
      const followed = await follow({ tailLines: 1 });
      expect(followed.news()).to.deep.equal(['ready']);
      const [first = ''] = await pods();
      await world.cluster.client.delete(PODS, 'default', first);
      await world.clock.advance(10 * MINUTE);
      const [second] = await pods();
      expect(followed.news()).to.deep.equal(['loading', '', 'ready'].map((line) => `[pod/${second}/demo] ${line}`));
    });

    it('end with the Workspace', async () => {
      await start();
      await world.apply(phiWorkspace());
      await world.untilReady();
      const followed = await follow();
      await world.delete();
      await world.untilGone();
      await world.clock.advance(5 * MINUTE);
      expect(followed.code).to.equal(0);
    });

    it('end with the refusal where it is not allowed to read them', async () => {
      await start();
      await world.apply(phiWorkspace());
      await world.untilReady();
      const { transport } = world.cluster;
      const refusal = async function* () {
        yield JSON.stringify({ kind: 'Status', code: 403, message: 'pods/log is not for you' });
      };
      const refusing: Transport = {
        request: async (request) =>
          request.path.includes('/log?') ? { status: 403, headers: {}, body: refusal() } : transport.request(request),
      };
      const wish = { namespace: 'default', name: 'demo', previous: false, prefix: false, timestamps: false };
      const followed = await Attended.start(world.clock, refusing, (cluster, io) => followLogs(cluster, wish, io));
      running.push(followed);
      expect(followed.error?.message).to.match(/was refused \(403\): pods\/log is not for you/);
    });
  });

  for (const [args, message] of [
    [[], /which Workspace\? give its name/],
    [['a', '-f', '-p'], /--previous is of what has ended/],
    [['a', '--tail', 'all'], /--tail takes a number of lines, not "all"/],
    [['a', '--since', 'noon'], /--since takes a time such as 500ms, 5s or 2m, not "noon"/],
  ] as const) {
    it(`${args.join(' ')}: is wrong usage`, async () => {
      expect(await failure(logsCommand, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});

describe('kaito logs of a tuning', function () {
  this.timeout(60_000);
  const script: Script = (pod, container) => {
    if (container === 'check') return { says: 'data is fine\n', exit: { after: 20_000, code: 0 } };
    if (container === 'trainer') return { says: 'step 1 of 2\r step 2 of 2\n', exit: { after: HOUR, code: 0 } };
    if (container === 'pusher') return { says: 'pushed\n', exit: { after: HOUR, code: 0 } };
    return pod.metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true
      ? { says: `${container}\n`, exit: { after: 5_000, code: 0 } }
      : {};
  };

  it('follow the look at the data and the trainer, and end with the tuning', async () => {
    const nodes = [{ name: 'plain-1', shape: { cpu: 64, memory: '256Gi' } }];
    const world = await World.start({ nodes, script });
    try {
      await furnish(world);
      await world.operate();
      await world.apply(tuning('demo') as never);
      const wish = { namespace: 'default', name: 'demo', previous: false, prefix: false, timestamps: false };
      const followed = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
        followLogs(cluster, wish, io),
      );
      await world.clock.advanceUntil(() => followed.code !== undefined, 6 * HOUR);
      expect(followed.code).to.equal(0);
      expect(followed.news().map((line) => line.replace(/^\[pod\/demo\S*\/(\w+)\] /, '$1: '))).to.deep.equal([
        'data is fine',
        'trainer:  step 2 of 2',
      ]);
      expect(followed.err).to.match(/has not started: PodInitializing; \w+ is at work \(-c \w+ shows its log\)/);
      expect(followed.err.trimEnd().split('\n').at(-1)).to.match(/^kaito logs: The tuning default\/demo has succeeded/);
    } finally {
      await world.stop();
    }
  });
});
