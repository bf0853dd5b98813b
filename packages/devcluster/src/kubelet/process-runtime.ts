import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeObject, Pod } from '../kinds.js';
import type { ContainerLog } from './container-log.js';
import type { ContainerRuntime, PodSandbox } from './container-runtime.js';
import { type ImageProgram, imageNotFound, type ProcessSpec, type Refusal } from './image-program.js';
import { LocalProcess } from './local-process.js';
import { ProcessGuard } from './process-guard.js';
import { ProcessSandbox } from './process-sandbox.js';

/**
 * Runs containers as processes of this machine, through the programs of an image map. Everything lives below one temporary
 * directory. {@link stop} leaves no process and no file, and neither does a SIGKILL of this very process.
 */
export class ProcessRuntime implements ContainerRuntime {
  /** Made by the first pod. */
  #ground: { readonly directory: string; readonly guard: ProcessGuard } | undefined;
  readonly #processes = new Set<LocalProcess>();
  readonly #sandboxes = new Set<ProcessSandbox>();
  #starting = 0;
  #stopped = false;

  /**
   * @param programs asked in this order.
   * @param stopGraceMs real milliseconds that processes get between SIGTERM and SIGKILL when the cluster stops.
   */
  constructor(
    readonly programs: readonly ImageProgram[],
    readonly stopGraceMs = 1_000,
  ) {}

  async pull(image: string): Promise<Refusal | undefined> {
    return this.programFor(image) === undefined ? imageNotFound(image) : undefined;
  }

  programFor(image: string): ImageProgram | undefined {
    return this.programs.find((program) => program.match(image));
  }

  async sandbox(pod: Pod, address: string, node: NodeObject | undefined): Promise<PodSandbox> {
    if (this.#stopped) throw new Error('the cluster has been stopped');
    const sandbox = await ProcessSandbox.make(this, pod, address, node?.metadata.name ?? 'node');
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  /** The directory below which all files of all pods lie, and the guard that removes it whatever happens. */
  get ground(): { readonly directory: string; readonly guard: ProcessGuard } {
    if (this.#ground === undefined) {
      if (this.#stopped) throw new Error('the cluster has been stopped');
      const directory = mkdtempSync(join(tmpdir(), 'devcluster-'));
      this.#ground = { directory, guard: new ProcessGuard(directory) };
    }
    return this.#ground;
  }

  /** A directory below the ground, made when it is not there. */
  directory(...parts: readonly string[]): string {
    const path = join(this.ground.directory, ...parts);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Removes what lies there, if anything does. */
  clear(...parts: readonly string[]): void {
    if (this.#ground !== undefined) rmSync(join(this.#ground.directory, ...parts), { recursive: true, force: true });
  }

  /** Starts a process and keeps count of it, so that none is forgotten. @throws the reason of the system when it cannot. */
  async launch(spec: ProcessSpec, log: ContainerLog): Promise<LocalProcess> {
    const { guard } = this.ground;
    this.#starting++;
    try {
      const started = await LocalProcess.start(spec, guard, log);
      this.#processes.add(started);
      void started.exited.then(() => this.#processes.delete(started));
      if (this.#stopped) started.signal('SIGKILL');
      return started;
    } finally {
      this.#starting--;
    }
  }

  forget(sandbox: ProcessSandbox): void {
    this.#sandboxes.delete(sandbox);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const one of this.#processes) one.signal('SIGTERM');
    const timer = setTimeout(() => {
      for (const one of this.#processes) one.signal('SIGKILL');
    }, this.stopGraceMs);
    // One that was just being started is adopted, and killed, only now.
    while (this.#processes.size + this.#starting > 0) {
      await Promise.all([...this.#processes].map(({ exited }) => exited));
      if (this.#starting > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    clearTimeout(timer);
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.close()));
    const ground = this.#ground;
    this.#ground = undefined;
    if (ground === undefined) return;
    await ground.guard.stop();
    rmSync(ground.directory, { recursive: true, force: true });
  }
}
