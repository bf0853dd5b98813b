import { expect } from 'chai';
import { RequestQueue } from '../../dist/server/request-queue.js';

const never = new AbortController().signal;

async function admitted(queue: RequestQueue, signal = never): Promise<() => void> {
  const admission = await queue.enter(signal);
  if (admission.kind !== 'admitted') throw new Error(`expected a turn, got ${admission.kind}`);
  return admission.leave;
}

describe('the request queue', () => {
  it('lets as many run as it may, and the others in the order in which they came', async () => {
    const queue = new RequestQueue(2, 8);
    const [first, second] = [await admitted(queue), await admitted(queue)];
    const order: number[] = [];
    const later = [3, 4].map(async (n) => {
      const leave = await admitted(queue);
      order.push(n);
      return leave;
    });
    expect([queue.running, queue.waiting]).to.deep.equal([2, 2]);
    first();
    await later[0];
    second();
    await later[1];
    expect(order).to.deep.equal([3, 4]);
  });

  it('says no at once when too many wait', async () => {
    const queue = new RequestQueue(1, 1);
    await admitted(queue);
    void queue.enter(never);
    expect(await queue.enter(never)).to.deep.equal({ kind: 'full' });
  });

  it('with no room to wait takes only what can run', async () => {
    const queue = new RequestQueue(1, 0);
    const leave = await admitted(queue);
    expect(await queue.enter(never)).to.deep.equal({ kind: 'full' });
    leave();
    await admitted(queue);
  });

  it('frees the place of one who gives up while waiting', async () => {
    const queue = new RequestQueue(1, 1);
    const leave = await admitted(queue);
    const impatient = new AbortController();
    const waiting = queue.enter(impatient.signal);
    impatient.abort();
    expect(await waiting).to.deep.equal({ kind: 'gone' });
    const next = admitted(queue);
    leave();
    await next;
    expect([queue.running, queue.waiting]).to.deep.equal([1, 0]);
  });

  it('does not give a turn to one who is gone already', async () => {
    expect(await new RequestQueue(1, 1).enter(AbortSignal.abort())).to.deep.equal({ kind: 'gone' });
  });

  it('counts a turn once, however often it is given back', async () => {
    const queue = new RequestQueue(1, 4);
    const leave = await admitted(queue);
    const second = admitted(queue);
    leave();
    leave();
    await second;
    expect(queue.running).to.equal(1);
  });

  it('is idle once nothing runs or waits', async () => {
    const queue = new RequestQueue(1, 4);
    await queue.idle();
    const leave = await admitted(queue);
    const second = admitted(queue);
    let idle = false;
    const done = queue.idle().then(() => {
      idle = true;
    });
    leave();
    const last = await second;
    expect(idle).to.equal(false);
    last();
    await done;
  });
});
