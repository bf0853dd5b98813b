import { expect } from 'chai';
import { liveTimeline, plainTimeline } from '../dist/timeline.js';

const entry = { atMs: 3210, what: 'node joined', detail: 'ws0a1b2c3d4', tone: 'done' } as const;

describe('timeline', () => {
  it('prints plain lines where there is no terminal: time, what, detail, no escape codes', () => {
    const out: string[] = [];
    const timeline = plainTimeline((text) => void out.push(text));
    timeline.waiting('the node');
    timeline.add(entry);
    timeline.close();
    expect(out).to.deep.equal(['   3.2s  node joined        ws0a1b2c3d4\n']);
  });

  it('keeps a counting line on a terminal while something is waited for, and leaves none behind', () => {
    const out: string[] = [];
    let tick = () => {};
    let now = 1000;
    const timeline = liveTimeline({
      write: (text) => void out.push(text),
      columns: () => 80,
      elapsed: () => now,
      every: (each) => {
        tick = each;
        return () => {
          tick = () => {};
        };
      },
    });
    timeline.waiting('the node');
    now = 2500;
    tick();
    expect(out.at(-1)).to.match(/2\.5s {2}the node \.\.\./);
    timeline.add(entry);
    timeline.close();
    expect(out.at(-1)).to.equal('\r\x1b[2K');
    const after = out.length;
    tick();
    expect(out).to.have.length(after);
  });

  it('cuts the counting line to the width of the terminal: one that wraps could not be erased', () => {
    const out: string[] = [];
    const never = () => () => {};
    const timeline = liveTimeline({
      write: (text) => void out.push(text),
      columns: () => 20,
      elapsed: () => 0,
      every: never,
    });
    timeline.waiting('a very long reason for waiting');
    expect(out.at(-1)).to.equal('\r\x1b[2K\x1b[2m   0.0s  a very lon\x1b[0m');
  });
});
