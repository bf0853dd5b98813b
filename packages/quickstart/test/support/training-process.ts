import { readdirSync, readFileSync } from 'node:fs';

/** The process that trains for a pod, by what it was started with; undefined when there is none. The supervisor above it is another one. */
export function trainingProcess(podUid: string): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = read(`/proc/${name}/cmdline`).split('\0');
    if (command[1] !== '-m' || command[2] !== 'kaito_trainer') continue;
    if (read(`/proc/${name}/environ`).includes(`_${podUid.slice(0, 8)}/`)) return Number(name);
  }
  return undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended in the meantime.
    return '';
  }
}
