// The two operators of the scale bench, each as a process of its own against one control plane.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuMs, late, peakMB } from '../harness/processes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const IMAGE = join(here, '..', '..', 'packages', 'operator', 'image', 'Containerfile');

/** The flags with which the image starts Node; BENCH_NODE_FLAGS takes their place, to try others. */
function nodeFlags() {
  const { BENCH_NODE_FLAGS: others } = process.env;
  if (others !== undefined) return others.split(' ').filter(Boolean);
  const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(IMAGE, 'utf8'));
  return JSON.parse(entrypoint).filter((word) => word.startsWith('--'));
}

/** The configuration of the reference operator: it alone, and NodeClaims of the default profile for machines. */
export const settings = (port) => ({ http: { host: '127.0.0.1', port }, leaderElection: false, namespace: 'default' });

/** The reference operator as a process. */
export function ours(plane, port, folder) {
  const config = join(folder, 'kaito.json');
  writeFileSync(config, JSON.stringify(settings(port)));
  writeFileSync(join(folder, 'token'), plane.token);
  writeFileSync(join(folder, 'ca.crt'), plane.caPem);
  const { hostname, port: serverPort } = new URL(plane.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: serverPort };
  return {
    command: process.execPath,
    args: [...nodeFlags(), join(here, 'in-pod.mjs'), config, folder],
    env,
  };
}

/**
 * KAITO's own operator with its webhooks off (knative's need a Service of the cluster), no lease, and the limit on its client
 * lifted: 30 requests a second is its default.
 */
export function kaito(plane, port, program) {
  const args = [
    '--webhook=false',
    '--feature-gates=vLLM=true,disableNodeAutoProvisioning=false,enableInferenceSetController=false',
    '--kube-client-qps=5000',
    '--kube-client-burst=5000',
    '--metrics-bind-address=0',
    `--health-probe-bind-address=127.0.0.1:${port}`,
  ];
  const env = {
    KUBECONFIG: plane.kubeconfig,
    SYSTEM_NAMESPACE: 'default',
    CLOUD_PROVIDER: 'azure',
    CLUSTER_NAME: 'kaito',
    PRESET_REGISTRY_NAME: 'mcr.microsoft.com/aks/kaito',
  };
  return { command: program, args, env };
}

/** Starts one and resolves when it says that it is ready. `how` is one of the two above. */
export async function startOperator(plane, port, how, patienceMs) {
  const folder = mkdtempSync(join(tmpdir(), 'kaito-bench-'));
  const { command, args, env } = how(plane, port, folder);
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (text) => (words = `${words}${text}`.slice(-4000)));
  const began = performance.now();
  const gone = new Promise((resolve) => child.once('close', resolve)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const died = gone.then((code) => Promise.reject(new Error(`${command} ended with ${code}: ${words}`)));
  died.catch(() => undefined);
  const isReady = async () => {
    while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok) await pause(10);
  };
  await Promise.race([isReady(), died, late(`${command} is not ready`, patienceMs)]);
  return {
    began,
    died,
    words: () => words,
    usage: () => ({ cpuMs: cpuMs(child.pid), peakMB: peakMB(child.pid) }),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
