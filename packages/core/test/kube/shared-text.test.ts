import { execFileSync } from 'node:child_process';
import { CONFIG_MAPS, type KubeObject } from '@kaito-sdk/core';
import { expect } from 'chai';
import { cachedObject } from '../../dist/kube/cached-object.js';
import { SharedText } from '../../dist/kube/shared-text.js';

const KB = 1024;

/** A ConfigMap as it comes from the server: every string is its own. */
const parsed = (name: string, text: string): KubeObject =>
  JSON.parse(
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data: { 'a.py': text } }),
  );

describe('texts that many objects of a cache carry', () => {
  const PROGRAM = 'print("hello")\n'.repeat(7 * KB);

  /** Bytes that a hundred objects with such data hold, without and with shared texts. In a process of its own: what other tests leave behind does not count. */
  function held(data: string): readonly [apart: number, shared: number] {
    const at = (file: string) => JSON.stringify(new URL(`../../dist/kube/${file}`, import.meta.url).href);
    const script = `
      import { cachedObject } from ${at('cached-object.js')};
      import { CONFIG_MAPS } from ${at('kinds.js')};
      import { SharedText } from ${at('shared-text.js')};
      const data = ${data};
      const object = (name) => JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data }));
      function held(more) {
        const prepare = cachedObject({ resource: CONFIG_MAPS, ...more });
        gc();
        const before = process.memoryUsage().heapUsed;
        const kept = Array.from({ length: 100 }, (_, i) => prepare(object('c' + i)));
        gc();
        const bytes = process.memoryUsage().heapUsed - before;
        if (JSON.stringify(kept[99].data) !== JSON.stringify(data)) throw new Error('it is another text');
        return bytes;
      }
      console.log(JSON.stringify([held({}), held({ texts: new SharedText() })]));
    `;
    return JSON.parse(
      execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], { encoding: 'utf8' }),
    );
  }

  it('are kept once, not once for each', () => {
    const each = 100 * PROGRAM.length;
    const [apart, shared] = held(`{ 'a.py': 'print("hello")\\n'.repeat(${7 * KB}) }`);
    expect(apart).to.be.greaterThan(0.9 * each);
    expect(shared).to.be.lessThan(0.1 * each);
  });

  it('are kept once where they are short, and in lists', () => {
    const [apart, shared] = held("Array.from({ length: 1000 }, (_, i) => 'Standard_NC24ads_A100_v4 in zone ' + i)");
    // What is left are the lists: 8 bytes an item at the most.
    expect(apart).to.be.greaterThan(100 * 1000 * 40);
    expect(shared).to.be.lessThan(100 * 1000 * 12);
  });

  it('are forgotten when much else has been read since', () => {
    const [apart, shared] = held(
      "Array.from({ length: 8000 }, (_, i) => 'Standard_NC24ads_A100_v4 in zone ' + i + ' '.repeat(60))",
    );
    // Each object has more of them than are remembered: nothing is shared, and nothing more is held than without.
    expect(shared / apart).to.be.within(0.9, 1.15);
  });

  it('stay what they are where they differ, and those that the parser shares itself are left alone', () => {
    const texts = new SharedText();
    const prepare = cachedObject({ resource: CONFIG_MAPS, texts });
    for (let i = 0; i < 200; i++) {
      const text = `${'x'.repeat(KB)}${i}`;
      expect(prepare(parsed('c', text)).data).to.deep.equal({ 'a.py': text });
    }
    expect(texts.shares('short')).to.equal(false);
    expect(texts.shares({})).to.equal(false);
  });

  it('are shared in what is frozen already without an error', () => {
    const frozen = Object.freeze({ 'a.py': PROGRAM });
    const prepare = cachedObject({ resource: CONFIG_MAPS, texts: new SharedText() });
    expect(prepare({ ...parsed('c', ''), data: frozen }).data).to.equal(frozen);
  });
});
