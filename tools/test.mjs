// Runs the unit and integration tests of every package. Extra arguments go to mocha: `npm test -- --grep "watch cache"`.
import { spawnSync } from 'node:child_process';

const done = spawnSync('mocha', process.argv.slice(2), { stdio: 'inherit', shell: process.platform === 'win32' });
if (done.error) throw done.error;
process.exit(done.status ?? 1);
