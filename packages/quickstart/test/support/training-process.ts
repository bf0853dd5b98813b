import { readdirSync, readFileSync } from 'node:fs';

/** A process that trains for a pod. */
export interface TrainingProcess {
  readonly pid: number;
  /** Its results on this machine, checkpoints among them. */
  readonly results: string;
}

/** The process that trains for a pod, by what it was started with; undefined when there is none. The supervisor above it is another one. */
export function trainingProcess(podUid: string): TrainingProcess | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = read(`/proc/${name}/cmdline`).split('\0');
    if (command[1] !== '-m' || command[2] !== 'kaito_trainer') continue;
    const environment = read(`/proc/${name}/environ`);
    const value = (variable: string) =>
      environment
        .split('\0')
        .find((one) => one.startsWith(`${variable}=`))
        ?.slice(variable.length + 1);
    // Its results may lie in a volume that is not the pod's own; its last words never do.
    if (value('TERMINATION_LOG')?.includes(`_${podUid.slice(0, 8)}/`)) {
      return { pid: Number(name), results: value('OUTPUT_FOLDER') ?? '' };
    }
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
