import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ProcessSpec, Refusal } from '@kaito-sdk/inference-server/stand-ins';
import { cache, until } from './served.js';

/** A stand-in that runs. */
export interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  /** Ends its standard input, as a kubelet does, and answers the exit code. */
  stop(): Promise<number>;
}

/** Starts what a stand-in answered, and waits until it is ready or has ended. Give it port 0: the one that it took is in `url`. */
export async function startedProcess(spec: ProcessSpec | Refusal): Promise<Started> {
  if ('refuse' in spec) throw new Error(spec.message);
  const child = spawn(spec.command, [...spec.args, '--cache', cache.folder], { stdio: 'pipe' });
  const closed = once(child, 'close') as Promise<[number]>;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(() => said.includes('INFO ready') || child.exitCode !== null);
  return {
    url: /http:\/\/[\d.:]+/.exec(said)?.[0] ?? '',
    child,
    said: () => said,
    stop: async () => {
      child.stdin.end();
      return (await closed)[0];
    },
  };
}
