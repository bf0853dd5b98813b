import type { KubeObject } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { CompactedError, Store } from '../../dist/store/store.js';

const object = (name: string, data = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 't' },
  data,
});
const names = (objects: readonly KubeObject[]): string[] => objects.map((each) => each.metadata.name);

describe('the store', () => {
  it('counts every write in one revision, over all collections', () => {
    const store = new Store();
    const first = store.put('/configmaps', 't/a', object('a'));
    const second = store.put('/secrets', 't/a', object('a'));
    const deleted = store.delete('/configmaps', 't/a');
    expect(
      [first, second, deleted].map(
        (each) => Number(each?.metadata.resourceVersion) - Number(first.metadata.resourceVersion),
      ),
    ).to.deep.equal([0, 1, 2]);
    expect(store.revision).to.equal(Number(deleted?.metadata.resourceVersion));
  });

  it('freezes what it holds, all the way down', () => {
    const store = new Store();
    const held = store.put('/configmaps', 't/a', object('a', { k: 'v' }));
    expect(() => {
      (held.data as { k: string }).k = 'changed';
    }).to.throw(TypeError);
    expect(() => {
      held.metadata.labels = {};
    }).to.throw(TypeError);
  });

  it('lists in the order of the keys, whatever the order of the writes', () => {
    const store = new Store();
    for (const name of ['c', 'a', 'b']) store.put('/configmaps', `t/${name}`, object(name));
    store.put('/configmaps', 'other/z', object('z'));
    expect(names(store.list('/configmaps', 't'))).to.deep.equal(['a', 'b', 'c']);
    expect(store.list('/configmaps')).to.have.length(4);
    expect(store.list('/nothing')).to.deep.equal([]);
  });

  it('shows any state it still has in the log', () => {
    const store = new Store();
    store.put('/configmaps', 't/a', object('a', { n: '1' }));
    const then = store.revision;
    store.put('/configmaps', 't/a', object('a', { n: '2' }));
    store.put('/configmaps', 't/b', object('b'));
    store.delete('/configmaps', 't/a');
    const past = store.listAt('/configmaps', then);
    expect(past.map((each) => each.data)).to.deep.equal([{ n: '1' }]);
    expect(names(store.listAt('/configmaps', store.revision))).to.deep.equal(['b']);
    expect(store.listAt('/configmaps', then - 1)).to.deep.equal([]);
  });

  it('replays every write after a revision, with what was there before', () => {
    const store = new Store();
    store.put('/configmaps', 't/a', object('a', { n: '1' }));
    const then = store.revision;
    store.put('/configmaps', 't/a', object('a', { n: '2' }));
    store.delete('/configmaps', 't/a');
    const rows = store.since('/configmaps', then);
    expect(rows.map((row) => row.type)).to.deep.equal(['MODIFIED', 'DELETED']);
    expect(rows[0]?.previous?.data).to.deep.equal({ n: '1' });
    expect(rows[1]?.object.metadata.resourceVersion).to.equal(String(store.revision));
    expect(store.since('/configmaps', store.revision)).to.deep.equal([]);
  });

  it('tells subscribers of each write before the writer goes on, until they unsubscribe', () => {
    const store = new Store();
    const seen: string[] = [];
    const stop = store.subscribe('/configmaps', (row) => seen.push(`${row.type} ${row.key}`));
    store.put('/configmaps', 't/a', object('a'));
    store.put('/secrets', 't/a', object('a'));
    expect(seen).to.deep.equal(['ADDED t/a']);
    stop();
    store.delete('/configmaps', 't/a');
    expect(seen).to.have.length(1);
  });

  it('refuses revisions that compaction has dropped, also for what is made later', () => {
    const store = new Store();
    store.put('/configmaps', 't/a', object('a'));
    const old = store.revision;
    store.put('/configmaps', 't/a', object('a', { n: '2' }));
    store.compact(store.revision);
    expect(() => store.since('/configmaps', old)).to.throw(CompactedError, /too old resource version/);
    expect(() => store.listAt('/configmaps', old)).to.throw(CompactedError);
    expect(() => store.since('/secrets', old)).to.throw(CompactedError);
    store.put('/secrets', 't/a', object('a'));
    expect(() => store.since('/secrets', old)).to.throw(CompactedError);
    expect(names(store.list('/configmaps'))).to.deep.equal(['a']);
  });

  it('bounds its log by itself', () => {
    const store = new Store({ historyLimit: 10 });
    const start = store.revision;
    for (let n = 0; n < 100; n++) store.put('/configmaps', 't/a', object('a', { n: String(n) }));
    expect(() => store.since('/configmaps', start)).to.throw(CompactedError);
    expect(store.since('/configmaps', store.revision - 5)).to.have.length(5);
  });

  it('answers nothing for the deletion of nothing', () => {
    expect(new Store().delete('/configmaps', 't/a')).to.equal(undefined);
  });
});
