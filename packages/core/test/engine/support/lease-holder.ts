// An operator with leader election that does nothing but write: one ConfigMap after the other, named after itself. On its
// standard input it can be told to keep its event loop busy for so many milliseconds, or to `pause`: it stops itself (SIGSTOP)
// in the middle of its next reconcile, just before the write.
import { createInterface } from 'node:readline';
import { CONFIG_MAPS, Controller, done, HttpsTransport, jsonLog, Operator, systemClock } from '@kaito-sdk/core/engine';

const [identity = '', how = '', url = '', token = '', ca = ''] = process.argv.slice(2);
const [mode, longestBusyMs] = how.split('-');
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca } };
const access = { server: url, credentials: async () => credentials };

const operator = new Operator({
  transport: new HttpsTransport({ access, clock: systemClock }),
  clock: systemClock,
  random: Math.random,
  name: identity,
  log: jsonLog({ clock: systemClock, write: (line) => process.stderr.write(`${line}\n`) }),
  leaderElection: {
    namespace: 'default',
    name: 'lease',
    identity,
    leaseDurationMs: 2000,
    renewDeadlineMs: 1500,
    retryMs: 100,
  },
  ...(mode === 'thread' ? { leaseThread: access } : {}),
  ...(longestBusyMs === undefined ? {} : { longestBusyMs: Number(longestBusyMs) }),
});
let written = 0;
let pauses = false;

function busyFor(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}

function pause(): void {
  pauses = false;
  process.kill(process.pid, 'SIGSTOP');
  // Another thread may be the one that takes the signal: this one must not come as far as the write before it stops too.
  busyFor(200);
}

const controller = new Controller({
  name: 'writer',
  resource: CONFIG_MAPS,
  select: { namespace: 'default', labelSelector: `writer=${identity}` },
  reconcile: async (_key, { signal }) => {
    // Always in the middle of a write: each one wakes the next.
    const name = `${identity}-${++written}`;
    if (pauses) pause();
    const metadata = { name, namespace: 'default', labels: { writer: identity } };
    await operator.client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata }, { signal });
    if (written % 5 === 0) say({ written });
    return done;
  },
});
operator.add(controller);

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'pause') {
    pauses = true;
    return;
  }
  busyFor(Number(line));
  say({ busyForMs: Number(line) });
});
await operator.start();
say({ standby: true });
// The first one has nothing to wake it.
const kick = setInterval(() => {
  if (written > 0) clearInterval(kick);
  else controller.enqueue({ namespace: 'default', name: 'begin' }, 'the beginning');
}, 50);
const error = await operator.stopped;
clearInterval(kick);
say({ stopped: String(error) });
process.exit(0);
