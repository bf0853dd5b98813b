import {
  type ContainerStart,
  DevCluster,
  type DevClusterOptions,
  type ImageProgram,
  type KubeObject,
  kinds,
  type Pod,
  type Refusal,
} from '@kaito-sdk/devcluster';

/** Image `node`: the container's first argument is the JavaScript to run; PORT is where it has to listen. */
export const nodeImage: ImageProgram = {
  match: (image) => image === 'node',
  start: (container) => script(container, container.args[0] ?? ''),
  exec: (container, command) => script(container, command.join(' ')),
};

function script(container: ContainerStart, code: string) {
  return {
    command: process.execPath,
    args: ['-e', code],
    env: {
      ...container.env,
      PORT: String(container.hostPort(5000)),
      MOUNTS: JSON.stringify(
        Object.fromEntries(container.mounts.map(({ mountPath, hostPath }) => [mountPath, hostPath])),
      ),
    },
  };
}

/** Image `strict`: refuses everything, each in its own way. */
export function refusing(refusal: Refusal): ImageProgram {
  return { match: (image) => image === 'strict', start: () => refusal };
}

/** An HTTP server that answers with its process id, and 503 while the file `down` exists in its mount /state. */
export const httpServer = `
  const http = require('http'), fs = require('fs');
  const state = (JSON.parse(process.env.MOUNTS))['/state'];
  http.createServer((q, s) => {
    s.statusCode = state && fs.existsSync(state + '/down') ? 503 : 200;
    s.end(String(process.pid));
  }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
  process.stdin.resume().on('end', () => process.exit());
`;

/** Stays until it is told to go. */
export const patient = `console.log('up ' + process.pid); process.stdin.resume().on('end', () => process.exit());`;

export function startReal(options: DevClusterOptions = {}): Promise<DevCluster> {
  return DevCluster.start({ nodes: [{ name: 'node-1' }], images: [nodeImage], maxProbeDelay: 50, ...options });
}

export function scripted(name: string, code: string, container: object = {}, spec: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'main', image: 'node', args: [code], ports: [{ containerPort: 5000 }], ...container }],
      ...spec,
    },
  } as Pod;
}

/** Waits until an object is as wanted, driven by its watch. Mocha's own timeout bounds it. */
export function until<T extends KubeObject>(
  cluster: DevCluster,
  kind: { group: string; version: string; plural: string },
  name: string,
  holds: (object: T | undefined) => boolean,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    let stop = () => {};
    let done = false;
    // Gone already: no event will tell.
    void cluster.client.list(kind).then(({ items }) => {
      if (done || items.some(({ metadata }) => metadata.name === name) || !holds(undefined)) return;
      done = true;
      stop();
      resolve(undefined);
    });
    stop = cluster.client.watch(kind, {}, ({ type, object }) => {
      if (object.metadata.name !== name) return;
      const seen = type === 'DELETED' ? undefined : (object as T);
      if (done || !holds(seen)) return;
      done = true;
      setImmediate(() => stop());
      resolve(seen);
    });
  });
}

export const untilPod = (cluster: DevCluster, name: string, holds: (pod: Pod | undefined) => boolean) =>
  until<Pod>(cluster, kinds.pods, name, holds);

export const isReady = (pod: Pod | undefined) =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** Whether a process of that id is still there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once the process is gone, which a child of somebody else tells nobody about. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

export async function textOf(lines: AsyncIterable<string> | undefined): Promise<string> {
  let text = '';
  for await (const line of lines ?? []) text += line;
  return text;
}
