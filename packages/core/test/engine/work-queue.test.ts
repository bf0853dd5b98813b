import { LOW_PRIORITY, NEW_PRIORITY, WorkQueue } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { seeded } from './support/seeded.js';

/** A handler whose passes end when the test says so. */
class Passes {
  readonly log: string[] = [];
  readonly reasons: (readonly string[])[] = [];
  private readonly running = new Map<string, () => void>();

  readonly handle = (key: string, reasons: readonly string[]): Promise<void> => {
    expect(this.running.has(key), `two passes over ${key} at once`).to.equal(false);
    this.log.push(key);
    this.reasons.push(reasons);
    return new Promise((resolve) => {
      this.running.set(key, resolve);
    });
  };

  get current(): string[] {
    return [...this.running.keys()];
  }

  end(key: string): void {
    const resolve = this.running.get(key);
    if (resolve === undefined) throw new Error(`${key} is not running`);
    this.running.delete(key);
    resolve();
  }
}

describe('the work queue', () => {
  let clock: VirtualClock;
  let passes: Passes;

  beforeEach(() => {
    clock = new VirtualClock();
    passes = new Passes();
  });

  function queue(concurrency = 1): WorkQueue {
    const made = new WorkQueue({ clock, concurrency, handle: passes.handle });
    made.start();
    return made;
  }

  /** A queue that handles everything at once and remembers the order. */
  function quick(): { readonly queue: WorkQueue; readonly order: string[] } {
    const order: string[] = [];
    const handle = async (key: string): Promise<void> => {
      order.push(key);
    };
    return { queue: new WorkQueue({ clock, handle }), order };
  }

  it('handles a key once, however often it was added, and tells all the reasons', async () => {
    const work = queue();
    work.add('a', 'created');
    work.add('a', 'updated');
    work.add('a', 'updated');
    await clock.settle();
    expect(passes.log).to.deep.equal(['a']);
    expect(passes.reasons[0]).to.deep.equal(['created', 'updated']);
  });

  it('never handles one key twice at a time, and comes back to it when it changed meanwhile', async () => {
    const work = queue(4);
    work.add('a', 'first');
    await clock.settle();
    work.add('a', 'second');
    await clock.settle();
    expect(passes.log).to.deep.equal(['a']);
    passes.end('a');
    await clock.settle();
    expect(passes.reasons).to.deep.equal([['first'], ['second']]);
    passes.end('a');
    await clock.settle();
    expect(work.position('a').state).to.equal('absent');
  });

  it('handles as many keys at once as it may', async () => {
    const work = queue(2);
    for (const key of ['a', 'b', 'c']) work.add(key, 'x');
    await clock.settle();
    expect(passes.current).to.deep.equal(['a', 'b']);
    expect(work.depth).to.equal(1);
    passes.end('b');
    await clock.settle();
    expect(passes.current).to.deep.equal(['a', 'c']);
  });

  it('hands out nothing before it is started', async () => {
    const { queue: work, order } = quick();
    work.add('a', 'x');
    await clock.settle();
    expect(order).to.be.empty;
    work.start();
    await clock.settle();
    expect(order).to.deep.equal(['a']);
  });

  it('takes higher priorities first, and moves a waiting key up', async () => {
    const { queue: work, order } = quick();
    for (const key of ['a', 'b', 'c']) work.add(key, 'listed', LOW_PRIORITY);
    work.add('d', 'changed');
    work.add('c', 'changed');
    work.add('c', 'listed', LOW_PRIORITY);
    work.start();
    await clock.settle();
    expect(order).to.deep.equal(['d', 'c', 'a', 'b']);
  });

  it('gives every eighth turn to those that wait longest, however busy it is', async () => {
    const order: string[] = [];
    const work = new WorkQueue({
      clock,
      handle: async (key) => {
        order.push(key);
        // Each pass makes more work of ordinary priority: without a share, the listed ones would wait for ever.
        if (order.length < 40) work.add(`busy-${order.length}`, 'changed');
      },
    });
    for (const key of ['low-1', 'low-2', 'low-3']) work.add(key, 'listed', LOW_PRIORITY);
    work.add('busy-0', 'changed');
    work.start();
    await clock.advance(10);
    expect([7, 15, 23].map((at) => order[at])).to.deep.equal(['low-1', 'low-2', 'low-3']);
  });

  it('begins nothing new as long as something that was begun can go on, but for every eighth turn', async () => {
    const order: string[] = [];
    const rounds = new Map<string, number>();
    const work = new WorkQueue({
      clock,
      handle: async (key) => {
        order.push(key);
        const round = (rounds.get(key) ?? 0) + 1;
        rounds.set(key, round);
        if (round < 5) work.add(key, 'goes on');
      },
    });
    for (let n = 0; n < 8; n++) work.add(`w${n}`, 'made', NEW_PRIORITY);
    work.add('old', 'listed', LOW_PRIORITY);
    work.start();
    await clock.advance(10);
    expect(order.slice(0, 7)).to.deep.equal(['w0', 'w0', 'w0', 'w0', 'w0', 'w1', 'w1']);
    expect(order.indexOf('old')).to.be.below(16);
    expect(order).to.have.length(8 * 5 + 5);
    const done = (key: string) => order.lastIndexOf(key);
    expect(done('w0')).to.be.below(done('w4'));
  });

  it('backs off from a failing key: 5 ms, doubling to 1000 s', async () => {
    const waits: number[] = [];
    const work = new WorkQueue({
      clock,
      handle: async (key) => {
        waits.push(work.retry(key, 'it failed'));
      },
    });
    work.add('a', 'x');
    work.start();
    await clock.advance(24 * 3_600_000);
    expect(waits.slice(0, 4)).to.deep.equal([5, 10, 20, 40]);
    expect(waits.slice(18, 21)).to.deep.equal([1_000_000, 1_000_000, 1_000_000]);
    expect(work.position('a').state).to.equal('delayed');
    await work.stop();
    expect(clock.pending).to.equal(0);
  });

  it('begins anew after a success', async () => {
    const work = new WorkQueue({ clock, handle: async () => undefined });
    expect([work.retry('a', ''), work.retry('a', ''), work.failures('a')]).to.deep.equal([5, 10, 2]);
    work.forget('a');
    expect(work.retry('b', '')).to.equal(5);
    expect(work.failures('a')).to.equal(0);
  });

  it('adds a key later, at the earliest of the times asked for', async () => {
    const work = queue();
    work.addAfter('a', 1000, 'late');
    work.addAfter('a', 100, 'soon');
    work.addAfter('a', 500, 'between');
    expect(work.position('a')).to.deep.equal({ state: 'delayed', reasons: [], dueAt: clock.now() + 100 });
    await clock.advance(99);
    expect(passes.log).to.be.empty;
    await clock.advance(1);
    expect(passes.reasons).to.deep.equal([['soon']]);
    passes.end('a');
    await clock.advance(5000);
    expect(passes.log).to.have.length(1);
  });

  it('forgets a later look when something wakes the key before', async () => {
    const work = queue();
    work.addAfter('a', 1000, 'late');
    work.add('a', 'changed');
    await clock.settle();
    passes.end('a');
    await clock.advance(5000);
    expect(passes.log).to.have.length(1);
    expect(clock.pending).to.equal(0);
  });

  it('keeps a later look that the pass itself asked for', async () => {
    const work = queue();
    work.add('a', 'changed');
    await clock.settle();
    work.addAfter('a', 1000, 'look again');
    passes.end('a');
    await clock.advance(1000);
    expect(passes.reasons).to.deep.equal([['changed'], ['look again']]);
  });

  it('lets timers and input have their turn in a long queue', async () => {
    const { queue: work, order } = quick();
    for (let i = 0; i < 200; i++) work.add(`key-${i}`, 'listed');
    work.start();
    await clock.settle();
    expect(order).to.have.length(64);
    await clock.advance(0);
    expect(order).to.have.length(200);
  });

  it('stops when the passes in work are done, and begins none', async () => {
    const work = queue(2);
    for (const key of ['a', 'b', 'c']) work.add(key, 'x');
    work.addAfter('d', 100, 'later');
    await clock.settle();
    let stopped = false;
    const ended = work.stop().then(() => {
      stopped = true;
    });
    passes.end('a');
    await clock.settle();
    expect(stopped).to.equal(false);
    passes.end('b');
    await ended;
    await clock.advance(1000);
    work.add('e', 'too late');
    await clock.settle();
    expect(passes.log).to.deep.equal(['a', 'b']);
    expect(clock.pending).to.equal(0);
  });

  it('remembers nothing of a key that it is done with', async () => {
    let failing = true;
    const work = new WorkQueue({
      clock,
      handle: async (key) => {
        if (failing) work.retry(key, 'it failed');
        else work.forget(key);
      },
    });
    for (let i = 0; i < 10; i++) work.add(`key-${i}`, 'x');
    work.start();
    await clock.advance(1);
    expect(work.tracked).to.equal(10);
    failing = false;
    await clock.advance(10);
    expect(work.tracked).to.equal(0);
  });

  it('tells an observer what metrics are made of', async () => {
    const heard: string[] = [];
    const work = new WorkQueue({
      clock,
      handle: passes.handle,
      observer: {
        added: (depth) => heard.push(`added ${depth}`),
        started: (depth, waited) => heard.push(`started ${depth} after ${waited}`),
        finished: (took) => heard.push(`finished in ${took}`),
        retried: () => heard.push('retried'),
      },
    });
    work.add('a', 'x');
    await clock.advance(30);
    work.start();
    await clock.advance(20);
    passes.end('a');
    await clock.settle();
    work.retry('a', 'x');
    expect(heard).to.deep.equal(['added 1', 'started 0 after 30', 'finished in 20', 'retried']);
  });

  for (const seed of [1, 2, 3, 4, 5]) {
    it(`loses nothing and doubles nothing in thousands of random steps (seed ${seed})`, async () => {
      const random = seeded(seed);
      const work = queue(3);
      const asked = new Set<string>();
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      const started = passes.handle;
      const seen = new Map<string, number>();
      const model = new WorkQueue({
        clock,
        concurrency: 3,
        handle: (key, reasons) => {
          asked.delete(key);
          seen.set(key, (seen.get(key) ?? 0) + 1);
          return started(key, reasons);
        },
      });
      model.start();
      for (let step = 0; step < 3000; step++) {
        const key = keys[Math.floor(random() * keys.length)] ?? 'a';
        const dice = random();
        if (dice < 0.4) {
          asked.add(key);
          model.add(key, `step ${step}`, dice < 0.2 ? LOW_PRIORITY : 0);
        } else if (dice < 0.5) {
          model.addAfter(key, Math.floor(random() * 50), 'later');
        } else if (dice < 0.9) {
          const running = passes.current[0];
          if (running !== undefined) passes.end(running);
        } else {
          await clock.advance(Math.floor(random() * 20));
        }
        if (dice > 0.8) await clock.settle();
        expect(passes.current.length).to.be.at.most(3);
      }
      for (let left = 0; left < 1000 && (asked.size > 0 || passes.current.length > 0 || model.depth > 0); left++) {
        for (const running of passes.current) passes.end(running);
        await clock.advance(60);
      }
      expect([...asked]).to.be.empty;
      expect(model.depth).to.equal(0);
      expect([...seen.keys()]).to.have.members(keys);
      await work.stop();
    });
  }
});
