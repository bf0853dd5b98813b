import { expect } from 'chai';
import { ContainerLog } from '../../dist/kubelet/container-log.js';

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe('the log of a container', () => {
  it('gives whole lines however they came', async () => {
    const log = new ContainerLog(() => 0);
    log.append('one\ntw');
    log.append('o\nthr');
    expect(await all(log.read({ follow: false }))).to.deep.equal(['one\n', 'two\n']);
    log.end();
    expect(await all(log.read({ follow: false }))).to.deep.equal(['one\n', 'two\n', 'thr\n']);
  });

  it('gives the last lines', async () => {
    const log = new ContainerLog(() => 0);
    log.append('1\n2\n3\n');
    expect(await all(log.read({ follow: false, tailLines: 2 }))).to.deep.equal(['2\n', '3\n']);
    expect(await all(log.read({ follow: false, tailLines: 0 }))).to.deep.equal([]);
    expect(await all(log.read({ follow: false, tailLines: 99 }))).to.deep.equal(['1\n', '2\n', '3\n']);
  });

  it('keeps only so many', async () => {
    const log = new ContainerLog(() => 0, 2);
    log.append('1\n2\n3\n');
    expect(await all(log.read({ follow: false }))).to.deep.equal(['2\n', '3\n']);
  });

  it('follows until the container ends', async () => {
    const log = new ContainerLog(() => 0);
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
    const log = new ContainerLog(() => 0, 3);
    log.append('1\n');
    const reader = log.read({ follow: true });
    expect((await reader.next()).value).to.equal('1\n');
    log.append('2\n3\n4\n5\n6\n');
    log.end();
    expect(await all(reader)).to.deep.equal(['4\n', '5\n', '6\n']);
  });

  it('gives what was written from a time on, each line with its time where that is asked for', async () => {
    let now = Date.UTC(2026, 5, 1, 12);
    const log = new ContainerLog(() => now);
    log.append('early\n');
    now += 1_500;
    log.append('late\nlater\n');
    expect(await all(log.read({ follow: false, since: now }))).to.deep.equal(['late\n', 'later\n']);
    expect(await all(log.read({ follow: false, timestamps: true }))).to.deep.equal([
      '2026-06-01T12:00:00.000000000Z early\n',
      '2026-06-01T12:00:01.500000000Z late\n',
      '2026-06-01T12:00:01.500000001Z later\n',
    ]);
  });

  it('is cut off after so many bytes', async () => {
    const log = new ContainerLog(() => 0);
    log.append('one\ntwo\n');
    expect((await all(log.read({ follow: false, limitBytes: 6 }))).join('')).to.equal('one\ntw');
  });

  it('lets go of a follower who has left', async () => {
    const log = new ContainerLog(() => 0);
    const leaves = new AbortController();
    const following = all(log.read({ follow: true, signal: leaves.signal }));
    log.append('heard\n');
    await new Promise((resolve) => setImmediate(resolve));
    leaves.abort();
    expect(await following).to.deep.equal(['heard\n']);
  });
});
