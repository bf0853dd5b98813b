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
    const timeline = liveTimeline(
      (text) => void out.push(text),
      () => now,
      (each) => {
        tick = each;
        return () => {
          tick = () => {};
        };
      },
    );
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
});
