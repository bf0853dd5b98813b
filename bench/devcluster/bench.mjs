// devcluster beside the real pair (kube-apiserver and etcd without fsync), by the same Node client over HTTPS, in one run.
//
// boot: from the call to the first answer. memory: resident, of kube-apiserver and etcd together, or of a bare Node.js process
// and the same with devcluster in it, both after the load. Devcluster over HTTPS runs in a process of its own, as the real pair.
// `inProcess` are the same requests through its transport without a socket, as a test in the same process makes them.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONFIG_MAPS, HttpsTransport, RestClient, systemClock } from '@kaito-sdk/core/engine';
import { ApiServer } from '@kaito-sdk/devcluster';
import { ControlPlane } from '../../e2e/dist/control-plane.js';

const CREATES = 500;
const LISTED = 2000;
const EVENTS = 200;
const command = fileURLToPath(new URL('../../packages/devcluster/dist/main.js', import.meta.url));

export async function bench({ runs, say }) {
  const alive = setInterval(() => undefined, 60_000);
  const sides = { real, devcluster, inProcess };
  const rounds = { real: [], devcluster: [], inProcess: [] };
  try {
    for (let round = 0; round < runs; round++) {
      for (const [name, start] of Object.entries(sides)) {
        const figures = await measure(start);
        rounds[name].push(figures);
        say(`round ${round + 1} of ${runs}, ${name}: ${JSON.stringify(figures)}`);
      }
    }
  } finally {
    clearInterval(alive);
  }
  const medians = Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, median(all)]));
  const ratios = Object.fromEntries(
    Object.entries(medians.real).map(([figure, value]) => [
      figure,
      Number((medians.devcluster[figure] / value).toPrecision(3)),
    ]),
  );
  return { runs, ...medians, devclusterToReal: ratios, goals };
}

/** What devcluster aims at; over HTTPS unless it says otherwise. */
const goals = {
  bootMs: '< 150',
  memoryAboveNodeMiB: '< 60',
  createSerialPerSecond: '> 3000',
  create16PerSecond: '> 5000 in process',
  getPerSecond: '> 5000',
  list2000Ms: '< 20',
  watchP50Ms: '< 1',
};

async function measure(start) {
  const began = performance.now();
  const { transport, memory, stop } = await start();
  const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'bench' });
  try {
    await client.list(CONFIG_MAPS, { namespace: 'default' });
    const bootMs = round(performance.now() - began);
    const map = (name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data: { key: 'value' },
    });
    const create = (name) => client.create(CONFIG_MAPS, map(name));
    for (let i = 0; i < 100; i++) await create(`warm-${i}`);
    const serial = [];
    const createSerialPerSecond = await rate(CREATES, async (i) => {
      const before = performance.now();
      await create(`serial-${i}`);
      serial.push(performance.now() - before);
    });
    const create16PerSecond = await rate(CREATES, (i) => create(`parallel-${i}`), 16);
    const getPerSecond = await rate(CREATES, (i) => client.get(CONFIG_MAPS, 'default', `serial-${i}`));
    for (let i = 100 + 2 * CREATES; i < LISTED; i++) await create(`more-${i}`);
    const lists = [];
    for (let i = 0; i < 5; i++) {
      const before = performance.now();
      const response = await transport.request({ method: 'GET', path: '/api/v1/namespaces/default/configmaps' });
      let text = '';
      for await (const piece of response.body) text += piece;
      const { items } = JSON.parse(text);
      if (items.length < LISTED) throw new Error(`the list has ${items.length} objects, not ${LISTED}`);
      lists.push(performance.now() - before);
    }
    const watched = await watchDelays(transport, client, map);
    const resident = memory();
    return {
      bootMs,
      ...resident,
      createSerialPerSecond,
      createP50Ms: quantile(serial, 0.5),
      createP99Ms: quantile(serial, 0.99),
      create16PerSecond,
      getPerSecond,
      list2000Ms: quantile(lists, 0.5),
      watchP50Ms: quantile(watched, 0.5),
      watchP99Ms: quantile(watched, 0.99),
    };
  } finally {
    await stop();
  }
}

/** Milliseconds from the call of each create to its event. */
async function watchDelays(transport, client, map) {
  const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 });
  const ended = new AbortController();
  const path = `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${metadata?.resourceVersion ?? ''}`;
  const response = await transport.request({ method: 'GET', path, signal: ended.signal });
  const seen = new Map();
  const reading = (async () => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      rest += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop();
      for (const line of lines) if (line) seen.get(JSON.parse(line).object.metadata.name)?.(performance.now());
    }
  })().catch(() => undefined);
  const delays = [];
  for (let i = 0; i < EVENTS; i++) {
    const event = new Promise((resolve) => seen.set(`watched-${i}`, resolve));
    const before = performance.now();
    await client.create(CONFIG_MAPS, map(`watched-${i}`));
    delays.push((await event) - before);
  }
  ended.abort();
  await reading;
  return delays;
}

async function real() {
  const plane = await ControlPlane.start();
  const parts = children(process.pid).filter(({ name }) => name === 'etcd' || name.startsWith('kube-apiserver'));
  return {
    transport: plane.transport,
    memory: () => ({ memoryMiB: round(parts.reduce((sum, { pid }) => sum + resident(pid), 0)) }),
    stop: () => plane.stop(),
  };
}

async function devcluster() {
  const child = spawn(process.execPath, [command, '--nodes', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  let said = '';
  await new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`devcluster ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (/^ready .*\n/m.test(said)) resolve();
    });
  });
  const [, server, file] = /ready (\S+) kubeconfig=(.+)/.exec(said);
  const config = readFileSync(file.trim(), 'utf8');
  const ca = Buffer.from(
    /certificate-authority-data: *>?-?\s*([A-Za-z0-9+/=\s]+?)\n\S/.exec(config)[1],
    'base64',
  ).toString();
  const token = /token: (\S+)/.exec(config)[1];
  const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca } };
  const transport = new HttpsTransport({
    access: { server, credentials: async () => credentials },
    clock: systemClock,
  });
  const bare = await bareNode();
  return {
    transport,
    memory: () => ({ memoryMiB: round(resident(child.pid)), memoryAboveNodeMiB: round(resident(child.pid) - bare) }),
    stop: async () => {
      await transport.close?.();
      child.kill('SIGTERM');
      await closed;
    },
  };
}

async function inProcess() {
  const server = new ApiServer();
  return { transport: server.transport, memory: () => ({}), stop: () => server.stop() };
}

/** Resident MiB of a Node.js process that does nothing. */
async function bareNode() {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const size = resident(child.pid);
  child.kill('SIGKILL');
  return size;
}

function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function children(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/status`, 'utf8');
        const isChild = Number(/PPid:\s+(\d+)/.exec(text)[1]) === parent;
        return isChild ? [{ pid, name: /Name:\s+(.*)/.exec(text)[1] }] : [];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

async function rate(count, call, parallel = 1) {
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < count) await call(next++);
    }),
  );
  return Math.round((count / (performance.now() - began)) * 1000);
}

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]);
}

function median(all) {
  return Object.fromEntries(
    Object.keys(all[0]).map((figure) => [
      figure,
      quantile(
        all.map((one) => one[figure]),
        0.5,
      ),
    ]),
  );
}

function round(value) {
  return Number(value.toFixed(2));
}
