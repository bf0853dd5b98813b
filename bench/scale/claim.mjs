// What this bench is asked, and how its result reads as a table: docs/reference/benchmarks.md.
export const question =
  'How fast is a crowd of Workspaces served, what does each cost the cluster, and what does the operator take?';
export const peer = 'KAITO 0.11.0, its own Go operator';
export const conditions =
  'a real kube-apiserver 1.34.4 with nodes and workloads that are ready at once; the peer at smaller sizes, for it takes minutes';

export function rows({ ours, kaito, ceiling, goals }) {
  const sizes = Object.keys(ours).filter((size) => size !== '1');
  const rates = sizes.map((size) =>
    row(`${size} at once`, 'Workspaces a second', ours[size].perSecond, kaito[size]?.perSecond),
  );
  const waits = sizes.flatMap((size) => [
    row(`creation to ready, the middle of ${size}`, 'ms', ours[size].p50Ms, kaito[size]?.p50Ms),
    row(`creation to ready, 99 of 100 of ${size}`, 'ms', ours[size].p99Ms, kaito[size]?.p99Ms),
  ]);
  const ceilings = Object.entries(ceiling).flatMap(([size, { perSecond, serverCpuMsEach }]) => [
    row(`the requests of ${size} with no operator behind them`, 'Workspaces a second', perSecond),
    row(`CPU of the API server for each of those ${size}`, 'ms', serverCpuMsEach),
  ]);
  const writes = sizes.map((size) =>
    row(`writes for each of ${size}`, undefined, ours[size].writesEach, kaito[size]?.writesEach),
  );
  const peaks = sizes.map((size) => row(`peak memory at ${size}`, 'MB', ours[size].peakMB, kaito[size]?.peakMB));
  const cpus = sizes.flatMap((size) => [
    row(`CPU of the operator for each of ${size}`, 'ms', ours[size].cpuMsEach, kaito[size]?.cpuMsEach),
    row(`CPU of the API server for each of ${size}`, 'ms', ours[size].serverCpuMsEach, kaito[size]?.serverCpuMsEach),
  ]);
  const restarts = sizes.map((size) =>
    row(
      `restart over ${size} until a new one is served`,
      'ms',
      ours[size].restart.servesMs,
      kaito[size]?.restart.servesMs,
    ),
  );
  const held = goals.map(({ what, goal, found, met }) => ({
    what: `${what}: ${met ? 'met' : 'missed'}`,
    ours: found,
    goal: String(goal),
  }));
  return [
    row('one, from its creation to ready', 'ms', ours[1].readyMs, kaito[1]?.readyMs),
    ...rates,
    ...ceilings,
    ...waits,
    ...writes,
    ...cpus,
    ...peaks,
    ...restarts,
    ...held,
  ];
}

function row(what, unit, ours, peer) {
  return { what, ...(unit === undefined ? {} : { unit }), ours, ...(peer === undefined ? {} : { peer }) };
}
