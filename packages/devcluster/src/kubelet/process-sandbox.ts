import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { messageOf } from '../controllers/api-failure.js';
import type { Container, Pod, Probe } from '../kinds.js';
import { MissingConfig } from './config-lookup.js';
import { ContainerLog } from './container-log.js';
import {
  isRefusal,
  type PodSandbox,
  type ProbeResult,
  type RunningContainer,
  type StartRequest,
} from './container-runtime.js';
import { giveHostPorts, takeHostPorts } from './host-ports.js';
import { type ContainerStart, type ImageProgram, imageNotFound, type Mount, type Refusal } from './image-program.js';
import { emptyWords, wordsIn } from './last-words.js';
import { probePort, tryEndpoint } from './local-probe.js';
import type { ProcessRuntime } from './process-runtime.js';
import type { VolumeContent } from './volumes.js';

/** Name of the mount of a container's termination message; no volume of a pod can be called so. */
const LAST_WORDS = '.last-words';

/** Ports beyond the declared ones that a program may ask for. */
const sparePorts = 4;

/** One pod's share of this machine: a directory, and ports of 127.0.0.1 that stand for those of the pod. */
export class ProcessSandbox implements PodSandbox {
  readonly #volumes = new Map<string, { readonly content: VolumeContent; readonly path: string }>();
  #closed = false;

  private constructor(
    readonly runtime: ProcessRuntime,
    readonly pod: Pod,
    readonly address: string,
    readonly nodeName: string,
    readonly folder: string,
    readonly ports: Map<number, number>,
    readonly spare: number[],
  ) {}

  static async make(runtime: ProcessRuntime, pod: Pod, address: string, nodeName: string): Promise<ProcessSandbox> {
    const declared = declaredPorts(pod);
    const hostPorts = await takeHostPorts(declared.length + sparePorts);
    const ports = new Map(declared.map((port, i) => [port, hostPorts[i] ?? 0]));
    const folder = `${pod.metadata.namespace ?? 'default'}_${pod.metadata.name}_${(pod.metadata.uid ?? '').slice(0, 8)}`;
    return new ProcessSandbox(runtime, pod, address, nodeName, folder, ports, hostPorts.slice(declared.length));
  }

  async mount(volumes: readonly VolumeContent[]): Promise<void> {
    for (const content of volumes) {
      const path = this.#placeOf(content);
      for (const [file, bytes] of content.files) replace(inside(path, file), bytes);
      for (const file of this.#volumes.get(content.name)?.content.files.keys() ?? [])
        if (!content.files.has(file)) rmSync(inside(path, file), { force: true });
      this.#volumes.set(content.name, { content, path });
    }
  }

  /** What an image holds is shown as it lies there, to all pods: nothing may be written to it. */
  #imageFolder(image: string): string {
    const found = this.runtime.programFor(image)?.files?.(image);
    if (found === undefined) throw new MissingConfig(imageNotFound(image).message);
    if (typeof found !== 'string') throw new MissingConfig(found.message);
    return found;
  }

  #placeOf({ name, claimName, nodePath, image }: VolumeContent): string {
    if (image !== undefined) return this.#imageFolder(image);
    const namespace = this.pod.metadata.namespace ?? 'default';
    if (claimName !== undefined) return this.runtime.directory('claims', namespace, claimName);
    // A path of the simulated node: this machine's own files are none of a pod's business.
    if (nodePath !== undefined) return this.runtime.directory('nodes', this.nodeName, normalize(`${sep}${nodePath}`));
    return this.runtime.directory('pods', this.folder, name);
  }

  async start(request: StartRequest): Promise<RunningContainer | Refusal> {
    const { container, log } = request;
    const program = this.runtime.programFor(container.image);
    if (program === undefined) return imageNotFound(container.image);
    try {
      const start = this.#describe(request);
      if (isRefusal(start)) return start;
      const words = start.mounts.find(({ volume }) => volume === LAST_WORDS);
      const spec = await program.start(start);
      if (isRefusal(spec)) return spec;
      const running = await this.runtime.launch(spec, log);
      return {
        exited: running.exited.then((exit) => {
          const message = words === undefined ? undefined : wordsIn(words.hostPath);
          return message === undefined ? exit : { ...exit, message };
        }),
        signal: (signal) => running.signal(signal),
        probe: (probe, timeoutMs) => this.#probe(probe, container, program, start, timeoutMs),
      };
    } catch (error) {
      const why = messageOf(error);
      return {
        refuse: 'start',
        message: `failed to create containerd task: failed to start container process: ${why}`,
      };
    }
  }

  endpoint(port: number): { readonly host: string; readonly port: number } | undefined {
    const hostPort = this.ports.get(port);
    return hostPort === undefined ? undefined : { host: '127.0.0.1', port: hostPort };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.runtime.forget(this);
    giveHostPorts([...this.ports.values(), ...this.spare]);
    this.runtime.clear('pods', this.folder);
  }

  #describe({ container, env, command, args, restartCount }: StartRequest): ContainerStart | Refusal {
    const { namespace = 'default', name, uid = '', labels = {}, annotations = {} } = this.pod.metadata;
    const mounts: Mount[] = [];
    for (const { name: volume, mountPath, subPath, readOnly = false } of container.volumeMounts ?? []) {
      const found = this.#volumes.get(volume);
      if (found === undefined) {
        return {
          refuse: 'create',
          message: `cannot find volume "${volume}" to mount into container "${container.name}"`,
        };
      }
      const { content, path } = found;
      mounts.push({
        volume,
        mountPath,
        hostPath: subPath === undefined ? path : inside(path, subPath),
        readOnly: readOnly || content.image !== undefined,
        source: content.source,
        ...(content.medium === undefined ? {} : { medium: content.medium }),
      });
    }
    const { terminationMessagePath } = container;
    if (terminationMessagePath !== undefined) {
      // As the kubelet does: a file of this one run, mounted into the container.
      const file = join(
        this.runtime.directory('pods', this.folder, '.last-words'),
        `${container.name}-${restartCount}`,
      );
      const hostPath = emptyWords(file);
      mounts.push({
        volume: LAST_WORDS,
        mountPath: terminationMessagePath,
        hostPath,
        readOnly: false,
        source: LAST_WORDS,
      });
    }
    return {
      pod: { namespace, name, uid, ip: this.address, nodeName: this.nodeName, labels, annotations },
      name: container.name,
      image: container.image,
      command,
      args,
      workingDir: container.workingDir,
      env,
      mounts,
      ports: container.ports ?? [],
      resources: { requests: container.resources?.requests ?? {}, limits: container.resources?.limits ?? {} },
      restartCount,
      hostPort: (port) => this.#hostPort(port),
    };
  }

  #hostPort(port: number): number {
    const known = this.ports.get(port);
    if (known !== undefined) return known;
    const fresh = this.spare.pop();
    if (fresh === undefined) {
      throw new Error(
        `no port is left for ${port} of pod ${this.pod.metadata.name}: declare it in the container's ports`,
      );
    }
    this.ports.set(port, fresh);
    return fresh;
  }

  async #probe(
    probe: Probe,
    container: Container,
    program: ImageProgram,
    start: ContainerStart,
    timeoutMs: number,
  ): Promise<ProbeResult> {
    if (probe.exec === undefined) {
      return tryEndpoint(probe, container, this.address, (port) => this.endpoint(port), timeoutMs);
    }
    const command = probe.exec.command ?? [];
    const unknown = `OCI runtime exec failed: exec failed: unable to start container process: exec: "${command[0] ?? ''}": executable file not found in $PATH: unknown`;
    const spec = await program.exec?.(start, command);
    if (spec === undefined) return { ok: false, message: unknown };
    if (isRefusal(spec)) return { ok: false, message: spec.message };
    // Nobody asks when it said what.
    const log = new ContainerLog(() => 0, 100);
    const started = await this.runtime.launch(spec, log).catch(() => undefined);
    if (started === undefined) return { ok: false, message: unknown };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      started.signal('SIGKILL');
    }, timeoutMs);
    const { exitCode } = await started.exited;
    clearTimeout(timer);
    log.end();
    if (late)
      return { ok: false, message: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s` };
    if (exitCode === 0) return { ok: true };
    let output = '';
    for await (const line of log.read({ follow: false })) output += line;
    return { ok: false, message: output.trimEnd() };
  }
}

function declaredPorts(pod: Pod): number[] {
  const ports = new Set<number>();
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const { containerPort } of container.ports ?? []) ports.add(containerPort);
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      const asked = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
      const port = asked === undefined ? undefined : probePort(container, asked);
      if (port !== undefined) ports.add(port);
    }
  }
  return [...ports];
}

/** A container that reads the file meanwhile sees the old content or the new one, never half of it. */
function replace(file: string, bytes: Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  const next = `${file}.next`;
  writeFileSync(next, bytes);
  renameSync(next, file);
}

/** @throws when a path of a manifest would leave its volume. */
function inside(directory: string, path: string): string {
  const target = normalize(join(directory, path));
  if (target !== directory && !target.startsWith(directory + sep))
    throw new Error(`path "${path}" must not leave its volume`);
  return target;
}
