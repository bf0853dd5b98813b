// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question = 'Is an operator on this engine as quick and as light as one on controller-runtime?';
export const peer = 'controller-runtime 0.25.2';
export const conditions =
  '2,000 objects, the same trivial controller on both sides in turns, against kube-apiserver 1.34.4 without fsync on the same machine';

export function rows({ load: { create1, create16, apply16 }, killed, cache, goals }) {
  const most = (what) => goals.find((goal) => goal.what === what)?.goal;
  const both = (what, unit, pick, load) => ({ what, unit, ours: pick(load.ours), peer: pick(load.controllerRuntime) });
  const ratio = (what, goal, value) => ({ what, unit: 'of the peer’s', ours: value, goal: `at most ${most(goal)}` });
  return [
    { what: 'requests an object', ours: create16.ours.requestsPerObject, goal: 'at most 2.005' },
    { what: 'writes after a restart', ours: create16.ours.restart.writes, goal: '0' },
    both('restart until all are reconciled', 'ms', ({ restart }) => restart.reconciledMs, create16),
    { what: 'killed three times with SIGKILL under load', ours: `${killed.endState} end`, goal: 'same end' },
    ratio('create, 1 worker: wall time', 'wall time to controller-runtime, 1 worker', create1.ratios.total),
    ratio('create, 1 worker: CPU', 'CPU to controller-runtime, 1 worker', create1.ratios.cpu),
    ratio('create, 16 workers: wall time', 'wall time to controller-runtime, 16 workers', create16.ratios.total),
    ratio('create, 16 workers: CPU', 'CPU to controller-runtime, 16 workers', create16.ratios.cpu),
    ratio(
      'apply, 16 workers: wall time',
      'wall time to controller-runtime, both applying, 16 workers',
      apply16.ratios.total,
    ),
    ratio('apply, 16 workers: CPU', 'CPU to controller-runtime, both applying, 16 workers', apply16.ratios.cpu),
    both('create, 16 workers: rate', 'a second', ({ perSecond }) => perSecond, create16),
    both('apply, 16 workers: rate', 'a second', ({ perSecond }) => perSecond, apply16),
    both('create to ready, 16 workers, p50', 'ms', ({ p50Ms }) => p50Ms, create16),
    both('create to ready, 16 workers, p99', 'ms', ({ p99Ms }) => p99Ms, create16),
    { ...both('peak memory, 1 worker', 'MB', ({ peakMB }) => peakMB, create1), goal: 'at most 110' },
    { ...both('peak memory, 16 workers', 'MB', ({ peakMB }) => peakMB, create16), goal: 'at most 110' },
    {
      what: '10,000 ConfigMaps of 5 KB, paged: time to sync',
      unit: 'of the peer’s',
      ours: cache.syncRatio.ours,
      goal: 'at most 1.5',
    },
    { what: 'the same as a stream', unit: 'of the peer’s', ours: cache.syncRatio.oursStreamed },
    {
      what: 'the same, metadata only: peak memory',
      unit: 'MB',
      ours: cache.oursMetadata.peakMB,
      peer: cache.controllerRuntimeMetadata.peakMB,
      goal: 'at most 100',
    },
  ];
}
