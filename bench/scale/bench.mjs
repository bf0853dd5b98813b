// How the reference operator stands 1, 100, 500, 1,000 and 5,000 Workspaces at once, on a real API server with nodes and workloads
// that are ready at once, and KAITO's own Go operator on the same ground in the same run (its sizes are smaller: it takes minutes).
//
//   one:      a single Workspace, from its creation to InferenceReady, the middle of ten.
//   a size:   so many are created over 16 connections; how long until each is InferenceReady, and what it took.
//   ceiling:  the requests that a Workspace costs, sent again for as many others by nothing that waits: what the server can bear.
//   restart:  the operator is killed when all are ready and started again: how long until it serves a new Workspace, and what
//             it wrote over those that are ready.
//
// CPU and peak memory are those of the operator's process (/proc), so it runs on Linux. Requests are the API server's own count.
// BENCH_SIZES and BENCH_PEER_SIZES (numbers with commas between) take the place of the usual ones.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crdOf, systemClock, WatchCache, WORKSPACES, Workspace } from '@kaito-sdk/core';
import { each, fromE2e, serverPid, serverRequests, WRITES } from '../harness/control-plane.mjs';
import { cpuMs, late } from '../harness/processes.mjs';
import { at, median } from '../harness/statistics.mjs';
import { goals } from './goals.mjs';
import { kaito, ours, startOperator } from './operators.mjs';
import { sendAgain, takeDown } from './replay.mjs';

/** About twenty minutes on two quiet cores. */
export const usualRuns = 1;

const here = dirname(fileURLToPath(import.meta.url));
const sizes = (variable, usual) => (process.env[variable] ?? usual).split(',').filter(Boolean).map(Number);
const SIZES = sizes('BENCH_SIZES', '100,500,1000,5000');
const PEER_SIZES = sizes('BENCH_PEER_SIZES', '100');
const ONES = 10;
/** Workspaces of the ceilings: those of these sizes that are asked for, so that what grows with the size is seen to be the server's. */
const CEILINGS = [500, 5000].filter((size, i) => i === 0 || SIZES.includes(size));

export async function bench({ runs, say }) {
  const tools = await fromE2e('control-plane', 'free-ports', 'install-crd', 'programs', 'strangers/stranger-programs');
  say('building KAITO 0.11.0, the peer; minutes the first time');
  const program = tools.kaitoProgram();
  const sides = {
    kaito: {
      how: (plane, port) => kaito(plane, port, program),
      sizes: PEER_SIZES,
      crds: [join(tools.kaitoChartFolder(), 'templates', 'kaito.sh_workspaces.yaml')],
    },
    ours: { how: ours, sizes: SIZES, crds: [] },
  };
  const found = { ours: {}, kaito: {} };
  const ceilings = {};
  for (let round = 0; round < runs; round++) {
    for (const size of CEILINGS) {
      const figures = await onPlane(tools, sides.ours, (world) => requestsAlone(world, size));
      say(`round ${round + 1} of ${runs}, the requests alone, ${size}: ${JSON.stringify(figures)}`);
      ceilings[size] = [...(ceilings[size] ?? []), figures];
    }
    for (const [name, side] of Object.entries(sides)) {
      for (const size of [1, ...side.sizes]) {
        const figures = await onPlane(tools, side, (world) => (size === 1 ? single(world) : many(world, size)));
        say(`round ${round + 1} of ${runs}, ${name}, ${size}: ${JSON.stringify(figures)}`);
        found[name][size] = [...(found[name][size] ?? []), figures];
      }
    }
  }
  const middle = Object.fromEntries(Object.entries(found).map(([name, bySize]) => [name, middleOf(bySize)]));
  const ceiling = Object.fromEntries(Object.entries(ceilings).map(([size, rounds]) => [size, byRate(rounds)]));
  return { runs, ...middle, ceiling, ratios: ratios(middle), goals: goals(middle) };
}

/** A fresh control plane with the CRDs of one side, the cloud, and its operator. */
async function onPlane(tools, { how, crds }, measure) {
  const plane = await tools.ControlPlane.start();
  const alive = setInterval(() => undefined, 60_000);
  const patienceMs = 900_000;
  let cloud;
  let operator;
  try {
    const claims = join(tools.programs()['karpenter-crds'], 'karpenter.sh_nodeclaims.yaml');
    for (const file of [claims, ...crds]) await kubectl(plane, 'apply', '--server-side', '-f', file);
    if (crds.length === 0) await tools.installCrd(plane.client, crdOf(Workspace));
    else await kubectl(plane, 'wait', '--for=condition=Established', 'crd/workspaces.kaito.sh');
    const env = { ...process.env, SERVER: plane.url, TOKEN: plane.token, CA_FILE: plane.caFile };
    cloud = spawn(process.execPath, [join(here, 'sim-cloud.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([once(cloud.stdout, 'data'), late('the cloud does not watch', 30_000)]);
    const [port] = await tools.freePorts(1);
    const start = async () => {
      operator = await startOperator(plane, port, how, 60_000);
      return operator;
    };
    return await measure({ plane, port, start, operator: () => operator, patienceMs });
  } finally {
    await operator?.kill();
    cloud?.kill('SIGKILL');
    await plane.stop();
    clearInterval(alive);
  }
}

async function single({ plane, start, operator, patienceMs }) {
  await start();
  const times = [];
  for (let i = 0; i < ONES; i++) {
    // Not in step with anything that the operator does at intervals.
    await pause(200 + Math.random() * 300);
    const { latencies } = await fill(plane, [`one-${i}`], operator(), patienceMs);
    times.push(latencies[0]);
  }
  return { readyMs: Math.round(median(times)) };
}

async function many({ plane, start, operator, patienceMs }, size) {
  await start();
  const names = Array.from({ length: size }, (_, i) => `w${i}`);
  const before = await written(plane);
  const serverBefore = cpuMs(serverPid(plane));
  const { latencies, totalMs } = await fill(plane, names, operator(), patienceMs);
  const serverCpu = cpuMs(serverPid(plane)) - serverBefore;
  // What is written late counts too.
  await pause(2000);
  const after = await written(plane);
  const used = operator().usage();
  const per = (figure) => Number(((after[figure] - before[figure]) / size).toFixed(2));
  await operator().kill();
  const again = await restart({ plane, start, patienceMs });
  return {
    totalMs,
    perSecond: Number((size / (totalMs / 1000)).toFixed(1)),
    p50Ms: at(latencies, 0.5),
    p99Ms: at(latencies, 0.99),
    writesEach: per('writes'),
    eventsEach: per('events'),
    dryRunsEach: per('dryRuns'),
    readsEach: per('reads'),
    cpuMsEach: Number((used.cpuMs / size).toFixed(2)),
    serverCpuMsEach: Number((serverCpu / size).toFixed(2)),
    peakMB: used.peakMB,
    restart: again,
  };
}

/** What a Workspace asks of the server, sent again for others without an operator. The cloud answers as usual. */
async function requestsAlone({ plane, port, patienceMs }, size) {
  // It runs in this process: what ends it ends the bench.
  const inProcess = { died: new Promise(() => undefined), words: () => '' };
  const requests = await takeDown(plane, port, (name) => fill(plane, [name], inProcess, patienceMs));
  return sendAgain(plane, requests, manifest, size);
}

/** Over Workspaces that are ready: from the start of the process to the end of a new one, and what was written beside it. */
async function restart({ plane, start, patienceMs }) {
  const before = await written(plane);
  const operator = await start();
  await fill(plane, ['after-the-restart'], operator, patienceMs);
  const servesMs = Math.round(performance.now() - operator.began);
  await pause(2000);
  const after = await written(plane);
  const figures = { servesMs, writes: after.writes - before.writes, peakMB: operator.usage().peakMB };
  await operator.kill();
  return figures;
}

const manifest = (name) => ({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name, namespace: 'default' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: name } } },
  inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
});

/** Creates them all and waits until the last is ready. Latencies in ms, sorted. */
async function fill(plane, names, operator, patienceMs) {
  const ready = await watchReady(plane, names);
  const began = performance.now();
  const sent = new Map();
  await each(plane, names, (client, name) => {
    sent.set(name, performance.now());
    return client.create(WORKSPACES, manifest(name));
  });
  try {
    const seen = await Promise.race([ready.all, operator.died, ready.late(patienceMs, operator)]);
    const totalMs = Math.round(performance.now() - began);
    return { latencies: names.map((name) => seen.get(name) - sent.get(name)).sort((a, b) => a - b), totalMs };
  } finally {
    ready.stop();
  }
}

/** Who is InferenceReady when, seen by a watch of its own. */
async function watchReady(plane, names) {
  const transport = plane.connect();
  const cache = new WatchCache({ transport, clock: systemClock, random: Math.random });
  const informer = cache.informer(WORKSPACES);
  const awaited = new Set(names);
  const seen = new Map();
  const all = new Promise((resolve) => {
    informer.subscribe(({ type, object }) => {
      const { name } = object.metadata;
      const is = object.status?.conditions?.some((one) => one.type === 'InferenceReady' && one.status === 'True');
      if (type === 'deleted' || !is || !awaited.delete(name)) return;
      seen.set(name, performance.now());
      if (awaited.size === 0) resolve(seen);
    });
  });
  await informer.synced();
  return {
    all,
    late: (ms, operator) =>
      late('', ms).catch(() => {
        const [one] = awaited;
        const conditions = JSON.stringify(informer.get('default', one)?.status?.conditions);
        throw new Error(`${seen.size} of ${names.length} are ready; ${one}: ${conditions}\n${operator.words()}`);
      }),
    stop() {
      cache.stop();
      void transport.close();
    },
  };
}

/** What the operator alone writes; what the bench and the cloud write is not of these kinds, or not in this way. */
const OWN =
  /^(workspaces|workspaces\/status|nodeclaims|deployments|statefulsets|services|configmaps|secrets|events|controllerrevisions|poddisruptionbudgets|nodes)$/;

async function written(plane) {
  const own = (resource, verb) => OWN.test(resource) && !(verb === 'POST' && /^(workspaces|nodes)$/.test(resource));
  const of = (counts) =>
    serverRequests(plane, (resource, verb, dry) => own(resource, verb) && counts(resource, verb, dry));
  return {
    writes: await of((_, verb, dry) => WRITES.test(verb) && !dry),
    events: await of((resource, verb, dry) => resource === 'events' && WRITES.test(verb) && !dry),
    dryRuns: await of((_, verb, dry) => WRITES.test(verb) && dry),
    reads: await of((_, verb) => !WRITES.test(verb)),
  };
}

async function kubectl(plane, ...args) {
  const { code, err } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${err}`);
}

/** Of the rounds of each size the one in the middle by time. */
function middleOf(bySize) {
  const time = ({ totalMs, readyMs }) => totalMs ?? readyMs;
  const middle = (rounds) => [...rounds].sort((a, b) => time(a) - time(b))[Math.floor(rounds.length / 2)];
  return Object.fromEntries(Object.entries(bySize).map(([size, rounds]) => [size, middle(rounds)]));
}

function byRate(rounds) {
  return [...rounds].sort((a, b) => a.perSecond - b.perSecond)[Math.floor(rounds.length / 2)];
}

/** Ours to KAITO's, for the sizes that both were given. */
function ratios({ ours: mine, kaito: theirs }) {
  const sized = Object.keys(theirs).filter((size) => size !== '1' && mine[size] !== undefined);
  const ratio = (a, b) => Number((a / b).toFixed(3));
  return {
    1: { ready: ratio(mine[1].readyMs, theirs[1].readyMs) },
    ...Object.fromEntries(
      sized.map((size) => [
        size,
        {
          rate: ratio(mine[size].perSecond, theirs[size].perSecond),
          writes: ratio(mine[size].writesEach, theirs[size].writesEach),
          cpu: ratio(mine[size].cpuMsEach, theirs[size].cpuMsEach),
          peak: ratio(mine[size].peakMB, theirs[size].peakMB),
        },
      ]),
    ),
  };
}
