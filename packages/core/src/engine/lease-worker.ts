import { parentPort, workerData } from 'node:worker_threads';
import { HttpsTransport } from '../kube/https-transport.js';
import { RestClient } from '../kube/rest-client.js';
import type { Credentials } from '../kube/server-access.js';
import { LeaderElector } from './leader-election.js';
import { ALIVE, type FromThread, type LeaseThreadData, RENEWED, type ToThread } from './lease-messages.js';
import type { Log, LogFields, LogLevel } from './log.js';
import { systemClock } from './system-clock.js';

// The thread behind a LeaseThread. An edge: it has the real clock and a socket of its own.

const { options, server, longestBusyMs, ...given } = workerData as LeaseThreadData;
const shared = new BigInt64Array(given.shared);
const abort = new AbortController();
const post = (message: FromThread): void => parentPort?.postMessage(message);

let held = readable(given.credentials);
let answered: ((credentials: Credentials) => void) | undefined;

/** Rotated credentials come from the operator, which may be busy: until they do, those we have are tried. */
async function credentials(fresh: boolean): Promise<Credentials> {
  const next = new Promise<Credentials>((resolve) => {
    answered = resolve;
  });
  post({ is: 'asking', fresh });
  return fresh ? next : held;
}

/** Buffers arrive as bare bytes. */
function readable({ headers, tls }: Credentials): Credentials {
  const text = <T>(value: T) => (value instanceof Uint8Array ? Buffer.from(value) : value);
  return {
    headers,
    tls: {
      ...tls,
      ...('ca' in tls ? { ca: text(tls.ca) } : {}),
      ...('cert' in tls ? { cert: text(tls.cert) } : {}),
      ...('key' in tls ? { key: text(tls.key) } : {}),
    } as Credentials['tls'],
  };
}

function log(bound: LogFields): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    const all = Object.entries({ ...bound, ...fields }).map(([name, value]) => [
      name,
      value instanceof Error ? String(value) : value,
    ]);
    post({ is: 'log', level, message, fields: Object.fromEntries(all) });
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (more) => log({ ...bound, ...more }),
  };
}

const transport = new HttpsTransport({ access: { server, credentials }, clock: systemClock });
const random = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
const elector = new LeaderElector(options, {
  client: new RestClient({ transport, clock: systemClock, random, retries: 0, fieldManager: options.identity }),
  clock: systemClock,
  random,
  log: log({}),
  onRenewal(at) {
    Atomics.store(shared, RENEWED, BigInt(at ?? 0));
    const quietMs = systemClock.now() - Number(Atomics.load(shared, ALIVE));
    // A lease that is renewed for a process that hangs for ever keeps everybody else from working.
    if (at !== undefined && quietMs > longestBusyMs)
      abort.abort(new Error(`the operator has not stirred for ${quietMs} ms`));
  },
});

parentPort?.on('message', (message: ToThread) => {
  if (message.tell === 'credentials') {
    held = readable(message.credentials);
    answered?.(held);
  } else if (message.tell === 'stop') {
    abort.abort(new Error('the operator is stopping'));
  } else {
    void elector
      .release()
      .then(() => post({ is: 'released' }))
      .catch((error) => post({ is: 'failed', message: String(error) }));
  }
});

try {
  await elector.acquire(abort.signal);
  post({ is: 'leading' });
  post({ is: 'ended', why: await elector.hold(abort.signal) });
} catch (error) {
  if (abort.signal.aborted) post({ is: 'ended', why: 'stopped' });
  else post({ is: 'failed', message: String(error) });
}
