// Ends what a test run leaves behind, however it ends: a program of its own that outlives its parent by one moment.
// Reads `+pid`, `-pid` and `/folder` from its standard input; when that ends, the parent is done or dead, and the processes and
// folders that are still on the list go. It ignores Ctrl-C, which the terminal sends to the whole group at once.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const pids = new Set<number>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line.startsWith('+')) pids.add(Number(line.slice(1)));
    else if (line.startsWith('-')) pids.delete(Number(line.slice(1)));
    else folders.add(line.slice(1));
  })
  .on('close', () => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It was quicker.
      }
    }
    // A dying process may still write a file into a folder that is being removed.
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
