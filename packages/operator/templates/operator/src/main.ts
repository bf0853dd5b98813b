import { hostname } from 'node:os';
import { connect, serveHealth, systemClock, textLog } from '@kaito-sdk/core';
import { leaderElection, operator } from './operator.js';

// Both are set in deploy/operator.yaml. On your own machine it acts without asking others, and takes a free port.
const { POD_NAMESPACE, HEALTH_PORT = '0' } = process.env;

const log = textLog({ clock: systemClock, write: (line) => console.error(line) });
const transport = await connect({ clock: systemClock });
const running = operator({
  transport,
  clock: systemClock,
  random: Math.random,
  log,
  ...(POD_NAMESPACE === undefined ? {} : { leaderElection: leaderElection(POD_NAMESPACE, hostname()) }),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.stop());

const health = await serveHealth({
  metrics: running.metrics,
  live: () => running.live(),
  ready: () => running.ready(),
  port: Number(HEALTH_PORT),
});
log.info('serving health and metrics', { port: health.port });
await running.start();
log.info('started: it waits for Greetings');

const failure = await running.stopped;
await health.close();
await transport.close?.();
if (failure !== undefined) throw failure;
