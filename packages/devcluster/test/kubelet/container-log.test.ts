import { expect } from 'chai';
import { ContainerLog } from '../../dist/kubelet/container-log.js';

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe('the log of a container', () => {
  it('gives whole lines however they came', async () => {
    const log = new ContainerLog();
    log.append('one\ntw');
    log.append('o\nthr');
    expect(await all(log.read({ follow: false }))).to.deep.equal(['one\n', 'two\n']);
    log.end();
    expect(await all(log.read({ follow: false }))).to.deep.equal(['one\n', 'two\n', 'thr\n']);
  });

  it('gives the last lines', async () => {
    const log = new ContainerLog();
    log.append('1\n2\n3\n');
    expect(await all(log.read({ follow: false, tailLines: 2 }))).to.deep.equal(['2\n', '3\n']);
    expect(await all(log.read({ follow: false, tailLines: 0 }))).to.deep.equal([]);
    expect(await all(log.read({ follow: false, tailLines: 99 }))).to.deep.equal(['1\n', '2\n', '3\n']);
  });

  it('keeps only so many', async () => {
    const log = new ContainerLog(2);
    log.append('1\n2\n3\n');
    expect(await all(log.read({ follow: false }))).to.deep.equal(['2\n', '3\n']);
  });

  it('follows until the container ends', async () => {
    const log = new ContainerLog();
    log.append('before\n');
    const following = all(log.read({ follow: true }));
    await Promise.resolve();
    log.append('during\n');
    await new Promise((resolve) => setImmediate(resolve));
    log.append('last words');
    log.end();
    expect(await following).to.deep.equal(['before\n', 'during\n', 'last words\n']);
  });

  it('does not lose its place when lines are dropped while somebody reads slowly', async () => {
    const log = new ContainerLog(3);
    log.append('1\n');
    const reader = log.read({ follow: true });
    expect((await reader.next()).value).to.equal('1\n');
    log.append('2\n3\n4\n5\n6\n');
    log.end();
    expect(await all(reader)).to.deep.equal(['4\n', '5\n', '6\n']);
  });
});
