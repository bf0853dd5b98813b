import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CONFIG_MAPS, type KubeObject } from '@kaito-sdk/core';
import { expect } from 'chai';
import { cachedObject } from '../../dist/kube/cached-object.js';
import { SharedText } from '../../dist/kube/shared-text.js';

const KB = 1024;

/** Collects garbage now. */
const collect = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

/** A ConfigMap as it comes from the server: every string is its own. */
const parsed = (name: string, text: string): KubeObject =>
  JSON.parse(
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data: { 'a.py': text } }),
  );

describe('long texts that many objects of a cache carry', () => {
  const PROGRAM = 'print("hello")\n'.repeat(7 * KB);

  /** Bytes that a hundred such objects hold. */
  function held(texts?: SharedText): number {
    const prepare = cachedObject({ resource: CONFIG_MAPS, ...(texts === undefined ? {} : { texts }) });
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 100 }, (_, i) => prepare(parsed(`c${i}`, PROGRAM)));
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    expect(kept[99]?.data).to.deep.equal({ 'a.py': PROGRAM });
    return bytes;
  }

  it('are kept once, not once for each', () => {
    const each = 100 * PROGRAM.length;
    expect(held()).to.be.greaterThan(0.9 * each);
    expect(held(new SharedText())).to.be.lessThan(0.1 * each);
  });

  it('stay what they are where they differ, and short ones are left alone', () => {
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
