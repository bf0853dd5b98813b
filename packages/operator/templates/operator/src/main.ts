import { connect, systemClock, textLog } from '@kaito-sdk/core';
import { operator } from './operator.js';

const log = textLog({ clock: systemClock, write: (line) => console.error(line) });
const running = operator({
  transport: await connect({ clock: systemClock }),
  clock: systemClock,
  random: Math.random,
  log,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.stop());
await running.start();
log.info('started: it waits for Greetings');
