// The same trivial controller on this engine and on controller-runtime, against the same real API server, in turns.
//
//   load:    2,000 Widgets are created over 16 connections while the controller runs; for each it makes a ConfigMap and sets a phase.
//            `create` is the same two requests on both sides. `apply` takes server-side apply for the ConfigMap there, and the Applier here,
//            as most operators of this SDK do; its first write is a create as well, which costs the API server less.
//   restart: the controller starts again over the 2,000 converged Widgets. It must write nothing.
//   cache:   a cache is filled with 10,000 ConfigMaps of 5 KB; whole, and with their metadata alone.
//   killed:  ours is killed with SIGKILL at random moments of a load and started again. The end must be the same.
//
// CPU and peak memory are those of the controller's process (/proc), so it runs on Linux. Requests are the API server's own count.
// Ratios are ours to controller-runtime's within one round, medians over the rounds: the speed of a machine drifts.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, registerKind, systemClock, WatchCache } from '@kaito-sdk/core/engine';
import { each, fromE2e, serverPid, serverRequests, textOf, WRITES } from '../harness/control-plane.mjs';
import { cpuMs, late, peakMB } from '../harness/processes.mjs';
import { at, median, medians } from '../harness/statistics.mjs';
import { goals } from './goals.mjs';

/** About six minutes on two quiet cores. */
export const usualRuns = 3;

const here = dirname(fileURLToPath(import.meta.url));
const WIDGETS = registerKind({ group: 'ex.io', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true });
const OBJECTS = Number(process.env.BENCH_OBJECTS ?? 2000);
const BIG = Number(process.env.BENCH_CACHED ?? 10_000);
const names = Array.from({ length: OBJECTS }, (_, i) => `w${i}`);
const patienceMs = 180_000;

/** What both sides are asked to do, and whether they are started again afterwards. */
const loads = [
  { name: 'create1', args: ['--workers', '1'] },
  { name: 'create16', args: ['--workers', '16'], restart: true },
  { name: 'apply16', args: ['--workers', '16', '--write', 'apply'] },
];
const running = new Set();

export async function bench({ runs, say }) {
  const peer = buildPeer(say);
  const { ControlPlane, installCrd, widgetCrd } = await fromE2e('control-plane', 'install-crd', 'widgets');
  const plane = await ControlPlane.start();
  // What is awaited at the end is a process on its way out, which by itself does not keep this one alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await installCrd(plane.client, widgetCrd);
    return await measure({ runs, say, plane, peer });
  } finally {
    for (const child of running) child.kill('SIGKILL');
    await plane.stop();
    clearInterval(alive);
  }
}

async function measure({ runs, say, plane, peer }) {
  const sides = {
    ours: (args) => program(plane, process.execPath, [join(here, 'widget-controller.mjs'), ...args]),
    controllerRuntime: (args) => program(plane, peer, args),
  };
  const rounds = [];
  for (let round = 0; round < runs; round++) {
    const figures = {};
    for (const { name, args, restart } of loads) {
      figures[name] = {};
      const order = Object.entries(sides);
      for (const [side, start] of round % 2 === 0 ? order : order.reverse()) {
        const load = await loadRun(plane, () => start(args));
        const again = restart ? { restart: await restartRun(plane, start, args) } : {};
        await empty(plane);
        figures[name][side] = { ...load, ...again };
        say(`round ${round + 1} of ${runs}, ${name}, ${side}: ${JSON.stringify(figures[name][side])}`);
      }
    }
    rounds.push(figures);
  }
  const killed = await killedRun(plane, sides.ours, say);
  await empty(plane);
  const cache = await cacheRuns(plane, sides, runs, say);
  const found = { load: summary(rounds), killed, cache };
  return { runs, objects: OBJECTS, cached: BIG, ...found, goals: goals(found) };
}

/** One load: create everything while the controller runs, and wait until the last one is ready. */
async function loadRun(plane, start) {
  const controller = await start();
  await controller.reached('synced');
  const ready = await watchReady(plane);
  const before = await ownRequests(plane);
  const serverBefore = cpuMs(serverPid(plane));
  const began = performance.now();
  const sent = new Map();
  await createAll(plane, sent);
  const latencies = await ready.all(sent);
  const totalMs = Math.round(performance.now() - began);
  const serverCpuMs = cpuMs(serverPid(plane)) - serverBefore;
  // What is repeated late counts too.
  await pause(2000);
  const requests = (await ownRequests(plane)) - before - OBJECTS;
  const used = controller.usage();
  ready.stop();
  await controller.stop();
  return {
    totalMs,
    perSecond: Math.round((OBJECTS / totalMs) * 1000),
    p50Ms: at(latencies, 0.5),
    p99Ms: at(latencies, 0.99),
    requestsPerObject: Number((requests / OBJECTS).toFixed(4)),
    ...used,
    serverCpuMs,
  };
}

async function restartRun(plane, start, args) {
  const before = await ownRequests(plane, WRITES);
  const controller = await start([...args, '--expect', String(OBJECTS)]);
  const synced = await controller.reached('synced');
  const reconciled = await controller.reached('reconciled');
  await pause(1000);
  const writes = (await ownRequests(plane, WRITES)) - before;
  const used = controller.usage();
  await controller.stop();
  return { syncedMs: synced, reconciledMs: reconciled, writes, ...used };
}

/** kill -9 at a random moment, three times in one load. */
async function killedRun(plane, start, say) {
  const ready = await watchReady(plane);
  const args = ['--workers', '16', '--write', 'apply'];
  let controller = await start(args);
  await controller.reached('synced');
  const sent = new Map();
  const creating = createAll(plane, sent);
  const kills = [];
  for (let i = 0; i < 3; i++) {
    const after = Math.round(300 + Math.random() * 1000);
    await pause(after);
    controller.kill();
    kills.push(after);
    controller = await start(args);
  }
  await creating;
  await ready.all(sent);
  ready.stop();
  await pause(1000);
  await controller.stop();
  const maps = await own(plane);
  const right = maps.length === OBJECTS && maps.every(({ metadata, data }) => data.size === metadata.name.slice(1));
  if (!right)
    throw new Error(`after kill -9 there are ${maps.length} ConfigMaps for ${OBJECTS} Widgets, or wrong ones`);
  say(`killed after ${kills.join(', ')} ms: the end is the same`);
  return { killedAfterMs: kills, endState: 'same' };
}

async function cacheRuns(plane, sides, runs, say) {
  const data = { k: 'x'.repeat(5000) };
  const labels = { big: 'yes' };
  const big = Array.from({ length: BIG }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `b${i}`, namespace: 'default', labels },
    data,
  }));
  await each(plane, big, (client, object) => client.create(CONFIG_MAPS, object));
  const variants = [
    ['controllerRuntime', sides.controllerRuntime, ['--mode', 'cache']],
    ['ours', sides.ours, ['--mode', 'cache']],
    ['oursStreamed', sides.ours, ['--mode', 'cache', '--first-list', 'stream']],
    ['controllerRuntimeMetadata', sides.controllerRuntime, ['--mode', 'metadata']],
    ['oursMetadata', sides.ours, ['--mode', 'metadata']],
  ];
  const all = Object.fromEntries(variants.map(([name]) => [name, []]));
  for (let round = 0; round < runs; round++) {
    for (const [name, start, args] of variants) {
      const process = await start(args);
      const syncedMs = await process.reached('synced');
      await pause(500);
      all[name].push({ syncedMs, ...process.usage() });
      await process.stop();
      say(`cache, ${name}: ${JSON.stringify(all[name].at(-1))}`);
    }
  }
  const ratio = (side) =>
    median(all[side].map(({ syncedMs }, round) => syncedMs / all.controllerRuntime[round].syncedMs));
  return {
    ...Object.fromEntries(Object.entries(all).map(([name, list]) => [name, medians(list)])),
    syncRatio: { ours: ratio('ours'), oursStreamed: ratio('oursStreamed') },
  };
}

/** A controller in its own process, and what it has used so far. */
async function program(plane, command, args = []) {
  const env = {
    ...process.env,
    KUBECONFIG: plane.kubeconfig,
    SERVER: plane.url,
    TOKEN: plane.token,
    CA_FILE: plane.caFile,
  };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const marks = new Map();
  const waiting = new Map();
  let err = '';
  let rest = '';
  const closed = new Promise((resolve) => child.once('close', resolve)).finally(() => running.delete(child));
  child.stderr.on('data', (text) => (err += text));
  child.stdout.on('data', (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const { at: mark, ms } = JSON.parse(line);
      marks.set(mark, ms);
      waiting.get(mark)?.(ms);
    }
  });
  return {
    reached: (mark) =>
      Promise.race([
        marks.has(mark) ? marks.get(mark) : new Promise((resolve) => waiting.set(mark, resolve)),
        closed.then((code) => Promise.reject(new Error(`${command} ended with ${code}: ${err}`))),
        late(`${command} has not said "${mark}"`, patienceMs),
      ]),
    usage() {
      return { cpuMs: cpuMs(child.pid), peakMB: peakMB(child.pid) };
    },
    kill: () => child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await closed;
      clearTimeout(impatient);
    },
  };
}

function buildPeer(say) {
  const folder = join(homedir(), '.cache', 'kaito-sdk', 'bench-engine');
  mkdirSync(folder, { recursive: true });
  const target = join(folder, 'controller-runtime');
  say('building the peer (controller-runtime 0.25.2); minutes the first time');
  const built = spawnSync('nice', ['go', 'build', '-o', target, '.'], {
    cwd: join(here, 'controller-runtime'),
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the peer could not be built: ${built.error?.message ?? built.stderr}`);
  return target;
}

/** Requests for Widgets and ConfigMaps that the server has answered. */
const ownRequests = (plane, verbs = /./) =>
  serverRequests(plane, (resource, verb) => /^(widgets(\/status)?|configmaps)$/.test(resource) && verbs.test(verb));

async function watchReady(plane) {
  const transport = plane.connect();
  const cache = new WatchCache({ transport, clock: systemClock, random: Math.random });
  const seen = new Map();
  let done = () => undefined;
  const informer = cache.informer(WIDGETS);
  informer.subscribe(({ type, object }) => {
    if (type === 'deleted' || object.status?.phase !== 'Ready' || seen.has(object.metadata.name)) return;
    seen.set(object.metadata.name, performance.now());
    if (seen.size === OBJECTS) done();
  });
  await informer.synced();
  return {
    async all(sent) {
      const all = new Promise((resolve) => (done = resolve));
      if (seen.size < OBJECTS)
        await Promise.race([all, late(`${seen.size} of ${OBJECTS} Widgets are ready`, patienceMs)]);
      return names.map((name) => seen.get(name) - sent.get(name)).sort((a, b) => a - b);
    },
    stop() {
      cache.stop();
      void transport.close();
    },
  };
}

async function createAll(plane, sent) {
  await each(plane, names, (client, name, i) => {
    sent.set(name, performance.now());
    return client.create(WIDGETS, {
      apiVersion: 'ex.io/v1',
      kind: 'Widget',
      metadata: { name, namespace: 'default' },
      spec: { size: i },
    });
  });
}

const own = async (plane) =>
  (await plane.client.list(CONFIG_MAPS, { namespace: 'default' })).items.filter(
    ({ metadata }) => metadata.ownerReferences !== undefined,
  );

/** There is no garbage collector here. What fills the cache has no owner and comes later. */
async function empty(plane) {
  for (const path of ['/apis/ex.io/v1/namespaces/default/widgets', '/api/v1/namespaces/default/configmaps']) {
    await textOf(plane.transport, 'DELETE', path);
  }
}

function summary(rounds) {
  return Object.fromEntries(
    loads.map(({ name }) => {
      const each = rounds.map((round) => round[name]);
      const side = (which) => {
        const { restart, ...load } = medians(each.map((one) => ({ ...one[which], restart: 0 })));
        const again = each.map((one) => one[which].restart);
        return again[0] === undefined ? load : { ...load, restart: medians(again) };
      };
      const ratio = (of) => median(each.map(({ ours, controllerRuntime }) => of(ours) / of(controllerRuntime)));
      const ratios = {
        total: ratio(({ totalMs }) => totalMs),
        cpu: ratio((one) => one.cpuMs),
        cpuToServerCpu: ratio((one) => one.cpuMs / one.serverCpuMs),
        peak: ratio(({ peakMB }) => peakMB),
      };
      return [name, { ours: side('ours'), controllerRuntime: side('controllerRuntime'), ratios }];
    }),
  );
}
