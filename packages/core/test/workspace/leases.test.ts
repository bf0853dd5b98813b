import { ProvisioningError, splitNextStep } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { AttemptLog } from '../../dist/workspace/attempt-log.js';
import { defaultLeasePolicy } from '../../dist/workspace/lease-policy.js';
import type { NodeAttempt } from '../../dist/workspace/node-attempt.js';
import { badOffers, unavailableOffers } from '../../dist/workspace/offer-memory.js';
import { World } from './support/pass.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = Date.UTC(2026, 0, 1, 12);
const at = (ms: number) => new Date(now + ms).toISOString();

function anAttempt(parts: Partial<NodeAttempt> = {}): NodeAttempt {
  return {
    claim: 'ws1',
    instanceType: 'gpu.small',
    capacityType: 'on-demand',
    generation: 1,
    stage: 'launched',
    since: at(-HOUR),
    asked: at(-HOUR),
    ...parts,
  };
}
const failed = (ended: number, parts: Partial<NodeAttempt> = {}) =>
  anAttempt({ ended: at(ended), failure: 'deadline', reason: 'NodeJoinOverdue', message: 'late', ...parts });

describe('the memory of bad offers', () => {
  const bad = (...attempts: NodeAttempt[]) => badOffers(new AttemptLog(attempts, now), defaultLeasePolicy, 1);

  it('passes an offer over for five minutes after its first failure, and twice as long after each further one, up to an hour', () => {
    const lasts = (times: number) => {
      const attempts = Array.from({ length: times }, () => failed(0));
      return (bad(...attempts)[0]!.until - now) / MINUTE;
    };
    expect([1, 2, 3, 4, 5, 9].map(lasts)).to.deep.equal([5, 10, 20, 40, 60, 60]);
  });

  it('forgets a failure after six hours', () => {
    expect(bad(failed(-6 * HOUR))).to.deep.equal([]);
    expect(bad(failed(-6 * HOUR + 1))).to.have.length(1);
  });

  it('blames an offer for a machine that was taken back on the way, and not for a good node that somebody took away', () => {
    expect(bad(failed(0, { failure: 'vanished', stage: 'launched' }))).to.have.length(1);
    for (const stage of ['visible', 'running', 'ready'] as const) {
      expect(bad(failed(0, { failure: 'vanished', stage })), stage).to.deep.equal([]);
    }
  });

  it('blames no offer for a good node that had gone quiet before it was taken away, whoever saw that', () => {
    const why = { failure: 'vanished', reason: 'NodeClaimVanished', message: 'gone' } as const;
    const seen = new AttemptLog([anAttempt({ claim: 'ws1', stage: 'ready', paid: '2026-01-01T11:00:00Z' })], now);
    seen.move('ws1', 'joined');
    expect(seen.of('ws1')).to.include({ stage: 'joined', furthest: 'ready' });
    seen.end('ws1', why);
    const unseen = new AttemptLog([anAttempt({ claim: 'ws1', stage: 'ready', paid: '2026-01-01T11:00:00Z' })], now);
    unseen.end('ws1', why);
    expect(seen.all.map(({ since: _, ...rest }) => rest)).to.deep.equal(
      unseen.all.map(({ since: _, ...rest }) => rest),
    );
    expect(badOffers(seen, defaultLeasePolicy, 1)).to.deep.equal([]);
  });

  it('forgets that a node was set back when it is as far again', () => {
    const log = new AttemptLog([anAttempt({ claim: 'ws1', stage: 'ready', paid: '2026-01-01T11:00:00Z' })], now);
    for (const stage of ['joined', 'visible', 'ready'] as const) log.move('ws1', stage);
    expect(log.of('ws1')).to.not.have.property('furthest');
  });

  it('keeps offers apart by type, zone and capacity type', () => {
    expect(bad(failed(0), failed(0, { zone: '1' }), failed(0, { capacityType: 'spot' }))).to.have.length(3);
  });

  it('forgets what the user has changed: a missing permission counts for its generation, a shortage for all', () => {
    expect(bad(failed(0, { failure: 'permission', generation: 0 }))).to.deep.equal([]);
    expect(bad(failed(0, { failure: 'capacity', generation: 0 }))).to.have.length(1);
  });

  it('never forgets the want of a device plugin by itself', () => {
    expect(bad(failed(-240 * HOUR, { failure: 'no-plugin' }))).to.have.length(1);
  });

  it('keeps a better offer out for as long as a node of another one is on the lease', () => {
    const log = new AttemptLog([failed(-20 * HOUR), anAttempt({ claim: 'ws2', instanceType: 'gpu.large' })], now);
    expect(unavailableOffers(log, defaultLeasePolicy, 1)).to.have.length(1);
    expect(unavailableOffers(new AttemptLog([failed(-20 * HOUR)], now), defaultLeasePolicy, 1)).to.deep.equal([]);
  });
});

describe('the money of a Workspace', () => {
  it('is what the paid time costs by list price, all told and within the last hour', () => {
    const usdPerHour = '2';
    const log = new AttemptLog(
      [
        failed(-2 * HOUR, { paid: at(-3 * HOUR), usdPerHour }),
        anAttempt({ paid: at(-HOUR / 2), usdPerHour }),
        anAttempt({ claim: 'ws3', stage: 'requested', usdPerHour }),
      ],
      now,
    );
    expect(log.spent()).to.equal(3);
    expect(log.spentWithinHour()).to.equal(1);
  });

  it('is held by the cap: no claim that would cost more than allowed', async () => {
    const world = new World(aWorkspace());
    world.leases = { usdPerHour: 0.5 };
    expect(await world.pass()).to.include({ kind: 'blocked', reason: 'SpendingLimitReached' });
    expect(world.condition('NodeClaimReady')?.message).to.match(
      /1 more node costs \$1\.00 an hour: more than the limit of \$0\.5/,
    );
    expect(world.provisioner.asked).to.deep.equal([]);
  });

  it('is said to want a person where no wait helps, and else when it is reckoned again', async () => {
    const dear = new World(aWorkspace());
    dear.leases = { usdPerHour: 0.5 };
    await dear.pass();
    expect(splitNextStep(dear.condition('NodeClaimReady')?.message ?? '').remedy).to.match(/no wait helps\.$/);
    const spent = new World(aWorkspace());
    spent.leases = { usdPerHour: 1.2 };
    await spent.pass();
    spent.provisioner.move('launched');
    await spent.pass();
    spent.now += 30 * MINUTE;
    spent.provisioner.claims.clear();
    await spent.pass();
    spent.now += 6 * MINUTE;
    expect(await spent.pass()).to.include({ kind: 'waiting', reason: 'SpendingLimitReached' });
    expect(spent.condition('NodeClaimReady')?.message).to.match(
      /limit of \$1\.2; it is reckoned again every 10 minutes$/,
    );
  });

  it('is held by the cap on claims, whatever the failures are', async () => {
    const world = new World(aWorkspace());
    world.leases = { claimsPerNodeAndHour: 2, backoffMs: 1 };
    let last: unknown;
    for (let i = 0; i < 10; i++) {
      last = await world.pass();
      world.provisioner.claims.clear();
      world.now += MINUTE;
    }
    expect(world.provisioner.asked).to.have.length(2);
    expect(last).to.include({ reason: 'ClaimLimitReached' });
  });
});

describe('a refusal before anything was made', () => {
  it('is remembered, told with its reason, and tried again later', async () => {
    const world = new World(aWorkspace());
    world.provisioner.offers = async () => {
      throw new ProvisioningError('capacity', 'NodeClassMissing', 'there is no class');
    };
    expect(await world.pass()).to.include({ kind: 'waiting', reason: 'NodeClassMissing' });
    expect(world.provisioner.asked).to.deep.equal([]);
    await world.pass();
    expect(world.condition('NodeClaimReady')?.message).to.match(/there is no class; the next try is at/);
    world.provisioner.offers = async ({ instanceType }) => [{ instanceType, capacityType: 'on-demand' }];
    world.now += 6 * MINUTE;
    await world.pass();
    expect(world.provisioner.asked).to.have.length(1);
  });
});

describe('a refusal that a person must see to', () => {
  it('says until when nothing more is asked for, and is tried again then', async () => {
    const world = new World(aWorkspace());
    const claim = world.provisioner.claim.bind(world.provisioner);
    world.provisioner.claim = async () => {
      throw new ProvisioningError('permission', 'NotPermitted', 'no right');
    };
    await world.pass();
    world.now += MINUTE;
    expect(await world.pass()).to.include({ kind: 'blocked', reason: 'NotPermitted' });
    const message =
      'gpu.small: no right; nothing more is asked for before 2026-01-01T01:00:00Z, or a change of the Workspace';
    expect(world.condition('NodeClaimReady')?.message).to.equal(message);
    world.provisioner.claim = claim;
    world.now += HOUR;
    await world.pass();
    expect(world.provisioner.asked).to.have.length(1);
  });
});

describe('a workload that never runs', () => {
  it('gives its node back at the deadline, and no other offer is blamed for it', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    world.provisioner.move('ready');
    world.nodesShow(1);
    await world.pass();
    world.now += 31 * MINUTE;
    await world.pass();
    const [attempt] = world.workspace.status?.attempts ?? [];
    expect(attempt).to.deep.include({ failure: 'workload', reason: 'WorkloadStartOverdue' });
    expect([...world.provisioner.claims.values()][0]?.phase).to.equal('releasing');
    world.provisioner.finishReleases();
    expect(await world.pass()).to.include({ reason: 'WorkloadStartOverdue' });
    expect(world.provisioner.asked).to.have.length(1);
  });
});

describe('a node that is given back while its Workspace lives', () => {
  it('says since when it is on its way back, however often it is looked at', async () => {
    const world = new World(aWorkspace());
    await world.pass();
    world.now += 21 * MINUTE;
    await world.pass();
    world.now += 6 * MINUTE;
    await world.pass();
    const message = world.condition('NodeClaimReady')?.message;
    expect(message).to.match(
      /is releasing since 2026-01-01T00:21:00Z, given up for: .+; another is asked for when it is gone$/,
    );
    const { writes } = world;
    world.now += MINUTE;
    await world.pass();
    expect([world.condition('NodeClaimReady')?.message, world.writes]).to.deep.equal([message, writes]);
  });

  it('is released again in every pass until it is gone, whichever process began it, and its name is free then', async () => {
    const world = new World(aWorkspace());
    let calls = 0;
    world.provisioner.release = async ({ name }) => {
      const claim = world.provisioner.claims.get(name);
      if (!claim) return 'gone';
      calls++;
      world.provisioner.claims.set(name, { ...claim, phase: 'releasing' });
      // As a slot of a pool does: it goes with the third call and not before.
      if (calls === 3) world.provisioner.claims.delete(name);
      return calls === 3 ? 'gone' : 'going';
    };
    await world.pass();
    world.now += 21 * MINUTE;
    for (let passes = 0; passes < 3; passes++) await world.pass();
    expect([calls, world.provisioner.claims.size]).to.deep.equal([3, 0]);
    world.now += 10 * MINUTE;
    await world.pass();
    expect(world.provisioner.asked).to.have.length(2);
  });
});
