import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Set in a process that {@link inWorkers} has started: which share of the work is its own. */
export const isWorker: { readonly share: number; readonly shares: number } | undefined = (() => {
  const text = process.env.KAITO_TEST_SHARE;
  if (text === undefined) return undefined;
  const [share = 0, shares = 1] = text.split('/').map(Number);
  return { share, shares };
})();

/** Of a worker: one result. */
export function tell(result: unknown): void {
  process.send?.(result);
}

/** Does the work in this process, or in that many of this same program, each its share; hears of each result. */
export async function inWorkers<T>(
  workers: number,
  run: (share: number, shares: number, told: (result: T) => void) => Promise<void>,
  heard: (result: T) => void,
): Promise<void> {
  if (workers === 1) return run(0, 1, heard);
  const [, file = '', ...args] = process.argv;
  const children = Array.from({ length: workers }, (_, share) =>
    fork(file, args, { env: { ...process.env, KAITO_TEST_SHARE: `${share}/${workers}` } }),
  );
  for (const child of children) child.on('message', (result) => heard(result as T));
  await Promise.all(
    children.map(async (child) => {
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`a worker ended with ${code}`);
    }),
  );
}
