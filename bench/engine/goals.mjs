// What the engine is held to, and whether this run kept it.

/** One line a goal: `found` must not be above `goal`. */
export function goals({ load, killed, cache }) {
  const { create1, create16, apply16 } = load;
  return [
    goal('wall time to controller-runtime, 1 worker', 1, create1.ratios.total),
    goal('wall time to controller-runtime, 16 workers', 1, create16.ratios.total),
    goal('CPU to controller-runtime, 1 worker', 0.75, create1.ratios.cpu),
    goal('CPU to controller-runtime, 16 workers', 0.75, create16.ratios.cpu),
    goal('wall time to controller-runtime, both applying, 16 workers', 1, apply16.ratios.total),
    goal('CPU to controller-runtime, both applying, 16 workers', 0.75, apply16.ratios.cpu),
    goal('requests an object', 2.005, Math.max(create1.ours.requestsPerObject, create16.ours.requestsPerObject)),
    goal('writes after a restart', 0, create16.ours.restart.writes),
    goal('peak memory, MB', 110, Math.max(create1.ours.peakMB, create16.ours.peakMB, apply16.ours.peakMB)),
    goal(
      '10,000 x 5 KB: time to sync to controller-runtime',
      1.5,
      Math.min(cache.syncRatio.ours, cache.syncRatio.oursStreamed),
    ),
    goal('the same, metadata only: peak memory, MB', 100, cache.oursMetadata.peakMB),
    {
      what: 'killed with SIGKILL and started again',
      goal: 'same end',
      found: killed.endState,
      met: killed.endState === 'same',
    },
  ];
}

function goal(what, most, found) {
  return { what, goal: most, found, met: found <= most };
}
