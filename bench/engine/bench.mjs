// The same trivial controller on this engine and on controller-runtime, against the same real API server, in turns.
//
//   load:    2,000 Widgets are created over 16 connections while the controller runs; for each it makes a ConfigMap and sets a phase.
//   restart: the controller starts again over the 2,000 converged Widgets. It must write nothing.
//   cache:   a cache is filled with 10,000 ConfigMaps of 5 KB; whole, and with their metadata alone.
//   killed:  ours is killed with SIGKILL at a random moment of a load and started again. The end must be the same.
//
// CPU and peak memory are those of the controller's process (/proc), so it runs on Linux. Requests are the API server's own count.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, RestClient, registerKind, systemClock, WatchCache } from '@kaito-sdk/core/engine';

const here = dirname(fileURLToPath(import.meta.url));
const WIDGETS = registerKind({ group: 'ex.io', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true });
const OBJECTS = Number(process.env.BENCH_OBJECTS ?? 2000);
const BIG = Number(process.env.BENCH_CACHED ?? 10_000);
const names = Array.from({ length: OBJECTS }, (_, i) => `w${i}`);
const ticks = 100; // USER_HZ: what /proc counts in, on every Linux that Node runs on

export async function bench({ runs, say }) {
  const peer = buildPeer(say);
  const { ControlPlane, installCrd, widgetCrd } = await controlPlane();
  const plane = await ControlPlane.start();
  // What is awaited at the end is a process on its way out, which by itself does not keep this one alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await installCrd(plane.client, widgetCrd);
    return await measure({ runs, say, plane, peer });
  } finally {
    await plane.stop();
    clearInterval(alive);
  }
}

async function measure({ runs, say, plane, peer }) {
  const sides = [
    ['ours', (args) => program(plane, process.execPath, [join(here, 'widget-controller.mjs'), ...args])],
    [
      'controllerRuntime',
      (args) =>
        program(
          plane,
          peer,
          args.map((arg) => arg.replace(/^--/, '-')),
        ),
    ],
  ];
  const rounds = [];
  for (let round = 0; round < runs; round++) {
    const figures = {};
    for (const workers of [1, 16]) {
      for (const [side, start] of round % 2 === 0 ? sides : [...sides].reverse()) {
        const load = await loadRun(plane, () => start(['--workers', String(workers)]));
        const restart = workers === 16 ? await restartRun(plane, start) : undefined;
        await empty(plane);
        figures[`${side}${workers}`] = { ...load, ...(restart === undefined ? {} : { restart }) };
        say(
          `round ${round + 1} of ${runs}, ${side}, ${workers} workers: ${JSON.stringify(figures[`${side}${workers}`])}`,
        );
      }
    }
    rounds.push(figures);
  }
  const killed = await killedRun(plane, sides[0][1], say);
  await empty(plane);
  const cache = await cacheRuns(plane, sides, runs, say);
  return { runs, objects: OBJECTS, ...summary(rounds), killed, cache: { objects: BIG, ...cache } };
}

/** One load: create everything while the controller runs, and wait until the last one is ready. */
async function loadRun(plane, start) {
  const controller = await start();
  await controller.reached('synced');
  const before = await serverRequests(plane);
  const ready = await watchReady(plane);
  const began = performance.now();
  const sent = new Map();
  await createAll(plane, sent);
  const latencies = await ready.all(sent);
  const totalMs = Math.round(performance.now() - began);
  await pause(2000);
  const requests = (await serverRequests(plane)) - before - OBJECTS;
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
  };
}

async function restartRun(plane, start) {
  const before = await serverRequests(plane, /^(POST|PUT|PATCH|DELETE|APPLY)$/);
  const controller = await start(['--workers', '16', '--expect', String(OBJECTS)]);
  const synced = await controller.reached('synced');
  const reconciled = await controller.reached('reconciled');
  await pause(1000);
  const writes = (await serverRequests(plane, /^(POST|PUT|PATCH|DELETE|APPLY)$/)) - before;
  const { cpuMs, peakMB } = controller.usage();
  await controller.stop();
  return { syncedMs: synced, reconciledMs: reconciled, writes, cpuMs, peakMB };
}

/** kill -9 at a random moment, three times in one load. */
async function killedRun(plane, start, say) {
  const ready = await watchReady(plane);
  let controller = await start(['--workers', '16']);
  await controller.reached('synced');
  const sent = new Map();
  const creating = createAll(plane, sent);
  const kills = [];
  for (let i = 0; i < 3; i++) {
    const after = Math.round(300 + Math.random() * 1000);
    await pause(after);
    controller.kill();
    kills.push(after);
    controller = await start(['--workers', '16']);
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
    ['controllerRuntime', sides[1][1], ['--mode', 'cache']],
    ['ours', sides[0][1], ['--mode', 'cache']],
    ['oursStreamed', sides[0][1], ['--mode', 'cache', '--first-list', 'stream']],
    ['controllerRuntimeMetadata', sides[1][1], ['--mode', 'metadata']],
    ['oursMetadata', sides[0][1], ['--mode', 'metadata']],
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
  return Object.fromEntries(Object.entries(all).map(([name, list]) => [name, medians(list)]));
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
  const marks = new Map();
  const waiting = new Map();
  let err = '';
  let rest = '';
  const closed = new Promise((resolve) => child.once('close', resolve));
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
      ]),
    usage() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      return { cpuMs: ((Number(stat[11]) + Number(stat[12])) * 1000) / ticks, peakMB: Math.round(Number(peak) / 1024) };
    },
    kill: () => child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** The real control plane of the e2e tier, which the ordinary build leaves out. */
async function controlPlane() {
  const root = join(here, '..', '..');
  const built = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'e2e')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`e2e could not be built: ${built.error?.message ?? built.stdout}`);
  const parts = ['control-plane', 'install-crd', 'widgets'].map((name) => import(`../../e2e/dist/${name}.js`));
  return Object.assign({}, ...(await Promise.all(parts)));
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

/** Requests for Widgets and ConfigMaps that the server has answered, but for watches. */
async function serverRequests(plane, verbs = /^(?!WATCH$|CONNECT$)/) {
  const { body } = await plane.transport.request({ method: 'GET', path: '/metrics' });
  let text = '';
  for await (const piece of body) text += piece;
  let sum = 0;
  for (const [, labels, value] of text.matchAll(/^apiserver_request_total\{(.*?)\} (\S+)$/gm)) {
    const of = (name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    if (['widgets', 'configmaps'].includes(of('resource')) && verbs.test(of('verb'))) sum += Number(value);
  }
  return sum;
}

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
      if (seen.size < OBJECTS) await new Promise((resolve) => (done = resolve));
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

/** Over 16 connections, each with its next request as soon as the last is answered. */
async function each(plane, items, act) {
  const transport = plane.connect();
  const client = new RestClient({ transport, clock: systemClock, random: Math.random });
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      await act(client, items[i], i);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  await transport.close();
}

const own = async (plane) =>
  (await plane.client.list(CONFIG_MAPS, { namespace: 'default' })).items.filter(
    ({ metadata }) => metadata.ownerReferences !== undefined,
  );

/** There is no garbage collector here. */
async function empty(plane) {
  for (const resource of [WIDGETS, CONFIG_MAPS]) {
    const { items } = resource === WIDGETS ? await plane.client.list(WIDGETS) : { items: await own(plane) };
    await each(plane, items, (client, { metadata }) => client.delete(resource, 'default', metadata.name));
  }
}

function summary(rounds) {
  const out = {};
  for (const key of Object.keys(rounds[0])) {
    const list = rounds.map((round) => round[key]);
    const { restart, ...load } = medians(list.map(({ restart: _restart, ...rest }) => rest));
    out[key] = list[0].restart === undefined ? load : { ...load, restart: medians(list.map((one) => one.restart)) };
  }
  // Within a round, since the speed of the machine drifts.
  for (const workers of [1, 16]) {
    const ratio = (figure) =>
      median(rounds.map((round) => round[`ours${workers}`][figure] / round[`controllerRuntime${workers}`][figure]));
    out[`ratio${workers}`] = { total: ratio('totalMs'), cpu: ratio('cpuMs'), peak: ratio('peakMB') };
  }
  return out;
}

function medians(list) {
  return Object.fromEntries(Object.keys(list[0]).map((key) => [key, median(list.map((one) => one[key]))]));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return Number(sorted[Math.floor(sorted.length / 2)].toFixed(4));
}

const at = (sorted, share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
