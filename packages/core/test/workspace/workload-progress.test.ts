import type { KubeObject, PodLogRequest, ProgressReport, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { WorkloadProgress, type WorkloadProgressProps } from '../../dist/workspace/workload-progress.js';

const workspace = { metadata: { name: 'tune', namespace: 'default' } } as Workspace;
const pod = (running: readonly string[], uid = 'a'): KubeObject =>
  ({
    metadata: { name: `pod-${uid}`, namespace: 'default', uid },
    status: { containerStatuses: running.map((name) => ({ name, state: { running: {} } })) },
  }) as never;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A log that lines are put into. */
class Log {
  readonly requests: PodLogRequest[] = [];
  private readonly waiting: (() => void)[] = [];
  private lines: (string | undefined)[] = [];

  async print(...lines: readonly (string | undefined)[]): Promise<void> {
    this.lines.push(...lines);
    for (const wake of this.waiting.splice(0)) wake();
    await turn();
  }

  async *follow(request: PodLogRequest): AsyncIterable<string> {
    this.requests.push(request);
    for (;;) {
      while (this.lines.length > 0) {
        const line = this.lines.shift();
        if (line === undefined) return;
        yield line;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

describe('the progress of a running workload', () => {
  let log: Log;
  let now: number;
  let timers: { at: number; task: () => void }[];
  let woken: number[];
  let figures: (object | undefined)[];
  let props: WorkloadProgressProps;
  let progress: WorkloadProgress;
  const logs = {
    containers: ['trainer', 'pusher'],
    read: (line: string): ProgressReport | undefined =>
      line === 'noise'
        ? undefined
        : {
            message: line,
            figures: { step: line.length },
            ...(line.startsWith('!') ? { event: { type: 'Normal' as const, reason: 'Told' } } : {}),
          },
  };
  const of = (...pods: readonly KubeObject[]) => progress.of(workspace, pods, logs);
  const advance = (ms: number) => {
    now += ms;
    for (const { task } of timers.filter(({ at }) => at <= now)) task();
    timers = timers.filter(({ at }) => at > now);
  };

  beforeEach(() => {
    log = new Log();
    now = 0;
    timers = [];
    woken = [];
    figures = [];
    props = {
      logs: log,
      clock: {
        now: () => now,
        after: (ms, task) => {
          timers.push({ at: now + ms, task });
          return () => {};
        },
      },
      wake: () => void woken.push(now),
      figures: (_key, told) => void figures.push(told),
    };
    progress = new WorkloadProgress(props);
  });

  it('is what the last line said, with those before it that are worth an event', async () => {
    expect(of(pod(['trainer']))).to.deep.equal({ latest: undefined, told: [] });
    await log.print('!one', 'noise', 'two');
    const told = of(pod(['trainer']));
    expect([told?.latest?.message, told?.told.map(({ message }) => message)]).to.deep.equal(['two', ['!one']]);
    expect(of(pod(['trainer']))?.told).to.deep.equal([]);
  });

  it('is read by one open request, however often it is asked for', async () => {
    for (let i = 0; i < 5; i++) of(pod(['trainer']));
    expect(log.requests.map(({ pod: name, container }) => `${name} ${container}`)).to.deep.equal(['pod-a trainer']);
  });

  it('asks for a pass at once, and then not again for ten seconds', async () => {
    of(pod(['trainer']));
    await log.print('1');
    advance(0);
    await log.print('2', '3');
    advance(9_999);
    expect(woken).to.deep.equal([0]);
    advance(1);
    expect(woken).to.deep.equal([0, 10_000]);
  });

  it('goes over to the next container when the first has ended, and to another pod', async () => {
    of(pod(['trainer', 'pusher']));
    of(pod(['pusher']));
    of(pod(['trainer'], 'b'));
    expect(log.requests.map(({ pod: name, container }) => `${name} ${container}`)).to.deep.equal([
      'pod-a trainer',
      'pod-a pusher',
      'pod-b trainer',
    ]);
  });

  it('has the last words of a container, told before it ended or heard after it, as news beside what the next one says', async () => {
    const trainer = new Log();
    const pusher = new Log();
    const follow = (request: PodLogRequest) => (request.container === 'trainer' ? trainer : pusher).follow(request);
    progress = new WorkloadProgress({ ...props, logs: { follow } });
    of(pod(['trainer', 'pusher']));
    await trainer.print('!interrupted');
    expect(of(pod(['pusher']))?.told.map(({ message }) => message)).to.deep.equal(['!interrupted']);
    await pusher.print('pushing');
    await trainer.print('!resumed', 'step 30', undefined);
    const { latest, told = [] } = of(pod(['pusher'])) ?? {};
    expect([latest?.message, told.map(({ message }) => message)]).to.deep.equal(['pushing', ['!resumed']]);
    await pusher.print('!refused');
    expect(of()?.told.map(({ message }) => message)).to.deep.equal(['!refused']);
    expect(of()).to.equal(undefined);
    expect(pusher.requests[0]?.signal.aborted).to.equal(true);
  });

  it('is read again after a broken connection, at the next pass', async () => {
    of(pod(['trainer']));
    await log.print('1', undefined);
    of(pod(['trainer']));
    expect(log.requests).to.have.length(2);
    expect(of(pod(['trainer']))?.latest?.message).to.equal('1');
  });

  it('is forgotten with its figures when nothing runs any more', async () => {
    of(pod(['trainer']));
    await log.print('one');
    of();
    expect(figures).to.deep.equal([{ step: 3 }, undefined]);
    expect(log.requests[0]?.signal.aborted).to.equal(true);
  });
});
