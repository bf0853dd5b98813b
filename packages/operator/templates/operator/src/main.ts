import { connect, systemClock } from '@kaito-sdk/core';
import { operator } from './operator.js';

const running = operator({
  transport: await connect({ clock: systemClock }),
  clock: systemClock,
  random: Math.random,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void running.stop());
await running.start();
