import { expect } from 'chai';
import { Interrupted } from '../../dist/commands/interrupted.js';
import { type Wait, waitCommand, waitFor } from '../../dist/commands/wait.js';
import { UsageError } from '../../dist/usage-error.js';
import { Attended } from '../support/attended.js';
import { failure } from '../support/run-command.js';
import { phiWorkspace, World } from '../support/world.js';

const MINUTE = 60_000;

describe('kaito wait', function () {
  this.timeout(60_000);
  let world: World;
  const running: Attended[] = [];
  beforeEach(async () => {
    world = await World.start();
    await world.operate();
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
    await world?.stop();
  });

  const waiting = async (wait: Partial<Wait> = {}): Promise<Attended> => {
    const whole: Wait = {
      namespace: 'default',
      names: ['demo'],
      wanted: 'ready',
      timeoutMs: 30 * MINUTE,
      ignoreBlocked: false,
      output: 'table',
      ...wait,
    };
    const one = await Attended.start(world.clock, world.cluster.transport, (cluster, io) =>
      waitFor(cluster, whole, io),
    );
    running.push(one);
    return one;
  };

  it('ends with 0 when it is ready, and tells on the way what it waits for, each reason once', async () => {
    await world.apply(phiWorkspace());
    const wait = await waiting();
    expect(wait.code).to.equal(undefined);
    await world.untilReady();
    expect(wait.code).to.equal(0);
    expect(wait.out).to.match(/^default\/demo is ready .*phi-3-mini-4k-instruct on 1 x Standard_NC6s_v3/);
    const told = wait.err.trimEnd().split('\n');
    expect(told).to.include('kaito wait: default/demo is waiting at NodeClaimReady (NodeClaimNotReady)');
    expect(new Set(told).size).to.equal(told.length);
  });

  it('waits for all that are named', async () => {
    await world.apply(phiWorkspace({ name: 'one' }));
    await world.untilReady('one');
    await world.apply(phiWorkspace({ name: 'two' }));
    const wait = await waiting({ names: ['one', 'two'], output: 'json' });
    expect(wait.code).to.equal(undefined);
    await world.untilReady('two');
    expect(wait.code).to.equal(0);
    expect(JSON.parse(wait.out).map(({ name, state }: Record<string, string>) => [name, state])).to.deep.equal([
      ['one', 'ready'],
      ['two', 'ready'],
    ]);
  });

  it('ends at once with 1 when a person must act, with what kaito why says', async () => {
    await world.apply(phiWorkspace({ preset: 'phi-5' }));
    const wait = await waiting();
    expect([wait.code, wait.out]).to.deep.equal([1, '']);
    expect(wait.err).to.match(/^default\/demo is blocked .*There is no preset "phi-5"\.\nnext: Did you mean/);
    expect(wait.err).to.match(/^told .* UnknownPreset: /m);
  });

  it('goes on with --ignore-blocked until somebody has acted', async () => {
    await world.apply(phiWorkspace({ preset: 'phi-5' }));
    const wait = await waiting({ ignoreBlocked: true });
    expect(wait.code).to.equal(undefined);
    await world.cluster.client.merge(
      { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' },
      'default',
      'demo',
      {
        inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
      },
    );
    await world.untilReady();
    expect(wait.code).to.equal(0);
  });

  it('ends with 1 when the time is over, with what it is waiting for', async () => {
    await world.apply(phiWorkspace());
    const wait = await waiting({ timeoutMs: 2 * MINUTE });
    await world.clock.advance(2 * MINUTE);
    expect([wait.code, wait.out]).to.deep.equal([1, '']);
    expect(wait.err).to.match(
      /^kaito wait: not ready after 2m00s: default\/demo\ndefault\/demo is waiting for 2m00s at NodeClaimReady .*\nnext: /m,
    );
  });

  it('gives programs the reason as JSON', async () => {
    await world.apply(phiWorkspace({ preset: 'phi-5' }));
    const wait = await waiting({ output: 'json' });
    expect(wait.code).to.equal(1);
    expect(JSON.parse(wait.out)).to.include({ name: 'demo', state: 'blocked', reason: 'UnknownPreset' });
  });

  it('looks once with a timeout of 0', async () => {
    await world.apply(phiWorkspace());
    const wait = await waiting({ timeoutMs: 0 });
    await world.clock.advance(1);
    expect(wait.code).to.equal(1);
    await world.untilReady();
    const again = await waiting({ timeoutMs: 0 });
    expect(again.code).to.equal(0);
  });

  it('does not take for ready what was so before a change that nobody has looked at', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    await world.kill();
    await world.cluster.client.merge(
      { group: 'kaito.sh', version: 'v1beta1', plural: 'workspaces' },
      'default',
      'demo',
      {
        resource: { instanceType: 'Standard_NC4as_T4_v3' },
      },
    );
    const wait = await waiting();
    expect(wait.code).to.equal(undefined);
    expect(wait.err).to.match(/is unseen at WorkspaceReady \(ChangeNotSeen\)/);
    await world.operate();
    await world.clock.advanceUntil(() => wait.code !== undefined, 30 * MINUTE);
    expect([wait.code, wait.out]).to.satisfy(([code, out]: [number, string]) => code === 0 && out.includes('T4'));
  });

  it('names one that is not there, and one that is deleted meanwhile', async () => {
    const none = await waiting({ names: ['none'] });
    expect([none.code, none.err]).to.deep.equal([
      1,
      'kaito wait: there is no Workspace default/none; kaito status lists them\n',
    ]);
    await world.apply(phiWorkspace());
    const wait = await waiting();
    await world.delete();
    await world.untilGone();
    expect(wait.code).to.equal(1);
    expect(wait.err).to.match(/default\/demo (is being|was) deleted/);
  });

  it('waits for the end of one with --for delete, and is content when there is none', async () => {
    await world.apply(phiWorkspace());
    await world.untilReady();
    const wait = await waiting({ wanted: 'delete' });
    expect(wait.code).to.equal(undefined);
    await world.delete();
    await world.untilGone();
    expect([wait.code, wait.out]).to.deep.equal([0, 'default/demo is gone\n']);
    expect((await waiting({ wanted: 'delete' })).code).to.equal(0);
  });

  it('ends on Ctrl-C without an answer', async () => {
    await world.apply(phiWorkspace());
    const wait = await waiting();
    await wait.stop();
    expect(wait.error).to.be.instanceOf(Interrupted);
  });

  for (const [args, message] of [
    [[], /which Workspace\? give its name/],
    [['a', '--for', 'running'], /--for takes ready or delete, not "running"/],
    [['a', '--timeout', 'soon'], /--timeout takes a time such as 500ms, 5s or 2m, not "soon"/],
    [['a', '-o', 'xml'], /--output takes table, json or yaml/],
  ] as const) {
    it(`${args.join(' ')}: is wrong usage`, async () => {
      expect(await failure(waitCommand, ...args))
        .to.be.instanceOf(UsageError)
        .and.match(message);
    });
  }
});
