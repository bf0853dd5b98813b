import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The folder of the environment that `npm run test:runtime` installs. */
export function vllmFolder(): string {
  const folder = process.env.KAITO_VLLM;
  if (folder === undefined) throw new Error('KAITO_VLLM is not set: run these tests by npm run test:runtime');
  return folder;
}

/** What every process of the environment needs. Nothing is fetched, and nothing is told to anybody. */
export function vllmEnvironment(): Record<string, string> {
  return {
    ...(process.env as Record<string, string>),
    LD_LIBRARY_PATH: join(vllmFolder(), 'stand-ins'),
    HF_HUB_OFFLINE: '1',
    VLLM_NO_USAGE_STATS: '1',
    // On a busy machine threads that wait for each other by spinning take minutes for what one does in seconds.
    OMP_NUM_THREADS: '1',
    VLLM_CPU_OMP_THREADS_BIND: 'nobind',
    VLLM_CPU_KVCACHE_SPACE: '1',
  };
}

/** A vLLM server that runs. */
export interface RunningVllm {
  readonly url: string;
  said(): string;
  stop(): Promise<void>;
}

/** Starts `vllm` with these words, and waits until it answers its health path. @throws Error with the end of its log when it ends before */
export async function startVllm(
  words: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<RunningVllm> {
  const child = spawn(join(vllmFolder(), 'bin', 'vllm'), words, {
    env: { ...vllmEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: the engine and its workers are processes beside the server, and must not outlive it.
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const closed = once(child, 'close');
  const stop = () => stopGroup(child, closed);
  const url = `http://127.0.0.1:${port}`;
  while (!(await healthy(url))) {
    if (child.exitCode !== null) throw new Error(`vllm ended with ${child.exitCode}:\n${said.slice(-4000)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { url, said: () => said, stop };
}

async function healthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function stopGroup(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const { pid } = child;
  if (child.exitCode === null) child.kill('SIGTERM');
  await closed;
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

/** A port of the loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
