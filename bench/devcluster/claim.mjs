// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question =
  'Is devcluster quick enough to stand in for a real API server, and light enough for every test?';
export const peer = 'kube-apiserver 1.34.4 and etcd 3.6.5, without fsync';
export const conditions = 'the same Node client over HTTPS, each server in a process of its own';

export function rows({ real, devcluster, inProcess }) {
  const both = (what, unit, figure, goal) => ({ what, unit, ours: devcluster[figure], peer: real[figure], goal });
  const inside = (what, figure, goal) => ({
    what: `${what}, in process`,
    unit: 'a second',
    ours: inProcess[figure],
    goal,
  });
  return [
    both('from the call to the first answer', 'ms', 'bootMs', 'below 150'),
    both('creates, one after the other', 'a second', 'createSerialPerSecond', 'above 3,000'),
    both('creates, 16 at a time', 'a second', 'create16PerSecond'),
    both('gets', 'a second', 'getPerSecond', 'above 5,000'),
    both('list of 2,000', 'ms', 'list2000Ms', 'below 20'),
    both('create to its event in a watch, p50', 'ms', 'watchP50Ms', 'below 1'),
    both('memory', 'MiB', 'memoryMiB'),
    { what: 'memory above a bare Node.js process', unit: 'MiB', ours: devcluster.memoryAboveNodeMiB, goal: 'below 60' },
    inside('creates, 16 at a time', 'create16PerSecond', 'above 5,000'),
    inside('gets', 'getPerSecond'),
  ];
}
