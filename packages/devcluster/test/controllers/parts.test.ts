import { ApiServer, type KubeObject, kinds, VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { ClusterView } from '../../dist/controllers/cluster-view.js';
import { withCondition } from '../../dist/controllers/conditions.js';
import { canonical, fingerprint } from '../../dist/controllers/fingerprint.js';
import { KeyedQueue } from '../../dist/controllers/keyed-queue.js';
import { Mirror } from '../../dist/controllers/mirror.js';
import { parseQuantity } from '../../dist/controllers/quantity.js';
import { selects } from '../../dist/controllers/selector.js';
import { mergePatch } from '../../dist/controllers/status-writer.js';

describe('the keyed queue', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('works on a key once for many wake-ups, and again for one that comes in between', async () => {
    const seen: string[] = [];
    const queue = new KeyedQueue(new VirtualClock(), async (key) => {
      seen.push(key);
      if (seen.length === 1) queue.add('a');
      return undefined;
    });
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    queue.open();
    await turn();
    expect(seen).to.deep.equal(['a', 'b', 'a']);
  });

  it('never works on one key twice at the same time', async () => {
    let inside = 0;
    let most = 0;
    const queue = new KeyedQueue(new VirtualClock(), async () => {
      most = Math.max(most, ++inside);
      await turn();
      inside--;
      return undefined;
    });
    queue.open();
    for (let i = 0; i < 10; i++) {
      queue.add('a');
      await Promise.resolve();
    }
    while (queue.busy) await turn();
    expect(most).to.equal(1);
  });

  it('tries a failed key again with a doubling delay, and tells of each failure', async () => {
    const clock = new VirtualClock(0);
    const times: number[] = [];
    const failures: string[] = [];
    const queue = new KeyedQueue(
      clock,
      async () => {
        times.push(clock.now());
        if (times.length < 5) throw new Error('not yet');
        return undefined;
      },
      (key, error) => failures.push(`${key}: ${(error as Error).message}`),
    );
    queue.open();
    queue.add('a');
    await clock.advance(10_000);
    expect(times).to.deep.equal([0, 5, 15, 35, 75]);
    expect(failures).to.deep.equal(Array(4).fill('a: not yet'));
  });

  it('comes back at the earliest appointment', async () => {
    const clock = new VirtualClock(0);
    const times: number[] = [];
    const queue = new KeyedQueue(clock, async () => {
      times.push(clock.now());
      return undefined;
    });
    queue.open();
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('a', 200);
    await clock.advance(1_000);
    expect(times).to.deep.equal([50]);
  });

  it('does nothing while it is closed and nothing more once it is stopped', async () => {
    const clock = new VirtualClock(0);
    let runs = 0;
    const queue = new KeyedQueue(clock, async () => {
      runs++;
      return { afterMs: 10 };
    });
    queue.add('a');
    await turn();
    expect(runs).to.equal(0);
    queue.open();
    await turn();
    queue.stop();
    await clock.advance(1_000);
    expect(runs).to.equal(1);
  });
});

describe('the mirror', () => {
  const object = (name: string, resourceVersion: number, uid = name): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, namespace: 'n', uid, resourceVersion: String(resourceVersion) },
  });

  it('never goes back to an older revision, from wherever that comes', () => {
    const mirror = new Mirror<KubeObject>();
    mirror.learn('MODIFIED', object('a', 5));
    mirror.learn('ADDED', object('a', 3));
    expect(mirror.get('n', 'a')!.metadata.resourceVersion).to.equal('5');
  });

  it('does not bring back by a late answer what was deleted', () => {
    const mirror = new Mirror<KubeObject>();
    mirror.learn('ADDED', object('a', 1));
    mirror.learn('DELETED', object('a', 2));
    mirror.learn('MODIFIED', object('a', 1));
    expect(mirror.get('n', 'a')).to.equal(undefined);
  });

  it('takes a new object of the same name for what it is', () => {
    const mirror = new Mirror<KubeObject>();
    const seen: string[] = [];
    mirror.observe(({ object: { metadata }, gone }) => seen.push(`${metadata.uid} ${gone ? 'gone' : 'there'}`));
    mirror.learn('ADDED', object('a', 1, 'first'));
    mirror.learn('ADDED', object('a', 3, 'second'));
    mirror.learn('DELETED', object('a', 2, 'first'));
    expect(seen).to.deep.equal(['first there', 'first gone', 'second there']);
    expect(mirror.get('n', 'a')!.metadata.uid).to.equal('second');
  });

  it('keeps its indexes current', () => {
    const mirror = new Mirror<KubeObject>();
    const byColor = mirror.index('color', ({ metadata }) =>
      metadata.labels?.color === undefined ? [] : [metadata.labels.color],
    );
    const colored = (revision: number, color: string) => {
      const made = object('a', revision);
      return { ...made, metadata: { ...made.metadata, labels: { color } } };
    };
    mirror.learn('ADDED', colored(1, 'red'));
    expect(byColor('red')).to.have.length(1);
    mirror.learn('MODIFIED', colored(2, 'blue'));
    expect([byColor('red').length, byColor('blue').length]).to.deep.equal([0, 1]);
    mirror.learn('DELETED', colored(3, 'blue'));
    expect(byColor('blue')).to.deep.equal([]);
  });
});

describe('small parts of the controllers', () => {
  it('read quantities of every suffix, and refuse what is none', () => {
    const read = ['100m', '1', '1.5', '2e3', '3k', '1Ki', '16Gi', '-1'].map(parseQuantity);
    expect(read).to.deep.equal([0.1, 1, 1.5, 2000, 3000, 1024, 17179869184, -1]);
    for (const bad of ['', 'abc', '1Xi', '1 Gi', '1KB'])
      expect(() => parseQuantity(bad), bad).to.throw(RangeError, 'is not a quantity');
  });

  it('match label selectors with all four operators', () => {
    const labels = { app: 'web', tier: 'front' };
    const term = (key: string, operator: string, ...values: string[]) =>
      selects({ matchExpressions: [{ key, operator, values }] }, labels);
    expect(term('app', 'In', 'api', 'web')).to.equal(true);
    expect(term('app', 'NotIn', 'web')).to.equal(false);
    expect(term('zone', 'NotIn', 'a')).to.equal(true);
    expect(term('tier', 'Exists')).to.equal(true);
    expect(term('tier', 'DoesNotExist')).to.equal(false);
    expect(selects({}, labels)).to.equal(true);
    expect(selects(undefined, labels)).to.equal(false);
  });

  it('make the same fingerprint of the same content whatever the order of its fields', () => {
    expect(fingerprint({ a: 1, b: [2, { c: 3, d: 4 }] })).to.equal(
      fingerprint({ b: [2, { d: 4, c: 3 }], a: 1, e: undefined }),
    );
    expect(fingerprint({ a: 1 })).not.to.equal(fingerprint({ a: 2 }));
    expect(fingerprint({})).to.match(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
    expect(canonical({ b: undefined, a: 'x' })).to.equal('{"a":"x"}');
  });

  it('find the smallest merge patch, and none where nothing differs', () => {
    expect(mergePatch({ a: 1, b: { c: 2, d: 3 } }, { a: 1, b: { c: 4 } })).to.deep.equal({ b: { c: 4, d: null } });
    expect(mergePatch({ a: [1] }, { a: [1, 2] })).to.deep.equal({ a: [1, 2] });
    expect(mergePatch({ a: 1, b: undefined }, { a: 1 })).to.equal(undefined);
    expect(mergePatch(undefined, { a: 1 })).to.deep.equal({ a: 1 });
  });

  it('move the transition time of a condition only with its status', () => {
    const at = (seconds: number) => seconds * 1000;
    const first = withCondition([], { type: 'Ready', status: 'False', reason: 'A', message: '' }, at(1));
    const second = withCondition(first, { type: 'Ready', status: 'False', reason: 'B', message: '' }, at(2));
    const third = withCondition(second, { type: 'Ready', status: 'True', reason: 'C', message: '' }, at(3));
    expect([first, second, third].map(([one]) => one!.lastTransitionTime)).to.deep.equal([
      '1970-01-01T00:00:01Z',
      '1970-01-01T00:00:01Z',
      '1970-01-01T00:00:03Z',
    ]);
    expect(withCondition(third, { type: 'Ready', status: 'True', reason: 'C', message: '' }, at(9))).to.equal(third);
  });
});

describe('a patch by a controller', () => {
  it('is for the object that was seen, and passes over another that has taken its name', async () => {
    const server = new ApiServer();
    const view = new ClusterView(server.client);
    try {
      const seen = await view.create(kinds.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace: 'default' },
      });
      const { uid } = seen.metadata;
      const patch = { metadata: { uid }, data: { by: 'me' } };
      expect(await view.merge(kinds.configMaps, seen, patch)).to.have.property('data');
      await view.delete(kinds.configMaps, seen);
      expect(await view.merge(kinds.configMaps, seen, patch)).to.equal(undefined);
      await view.create(kinds.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace: 'default' },
      });
      expect(await view.merge(kinds.configMaps, seen, patch)).to.equal(undefined);
      expect(await server.client.get(kinds.configMaps, 'default', 'a')).not.to.have.property('data');
    } finally {
      view.stop();
    }
  });
});
