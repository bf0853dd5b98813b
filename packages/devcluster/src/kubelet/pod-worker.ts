import type { Clock } from '../clock.js';
import type { ClusterView } from '../controllers/cluster-view.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { isFinished } from '../controllers/pods.js';
import { writeStatus } from '../controllers/status-writer.js';
import { type Container, kinds, type Pod } from '../kinds.js';
import { ConfigLookup, MissingConfig, type TokenSource } from './config-lookup.js';
import { watchMounted } from './config-watch.js';
import type { ContainerLog } from './container-log.js';
import { ContainerRunner, type RunnerSurroundings } from './container-runner.js';
import type { ContainerRuntime, PodSandbox } from './container-runtime.js';
import { resolveEnv } from './env.js';
import { type DownwardSource, hostIP } from './field-ref.js';
import type { ImageStore } from './image-store.js';
import { type PodFacts, podStatus } from './pod-status.js';
import type { ProbePace } from './prober.js';
import { sleep } from './sleep.js';
import { resolveVolumes } from './volumes.js';

/** What a node's kubelet lends to each of its pods. */
export interface PodSurroundings {
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly images: ImageStore;
  readonly pace: ProbePace;
  readonly nodeName: string;
  readonly tokens?: TokenSource;
  /** Told when a status begins to be written, and when it is. */
  writing(by: 1 | -1): void;
  /** Gives a pod its address, and takes it back. */
  readonly addresses: { take(): string; give(address: string): void };
}

/** Lives one pod on its node, from its binding to its end, and writes its status. */
export class PodWorker {
  readonly #node: PodSurroundings;
  readonly #end = new AbortController();
  readonly #runners: ContainerRunner[] = [];
  readonly #startedAt: number;
  readonly #lookup: ConfigLookup;
  #pod: Pod;
  #sandbox: PodSandbox | undefined;
  #address: string | undefined;
  #verdict: PodFacts['verdict'];
  #terminal = false;
  #abandoned = false;
  #deleting: Promise<void> | undefined;
  #dirty = false;
  #writing: Promise<void> | undefined;
  #life: Promise<void> = Promise.resolve();

  constructor(node: PodSurroundings, pod: Pod) {
    this.#node = node;
    this.#pod = pod;
    this.#startedAt = node.clock.now();
    this.#lookup = new ConfigLookup(node.view.client, pod.metadata.namespace ?? 'default', node.tokens);
  }

  /** Begins. A pod that ended before (in an earlier run of the cluster) is not run again. */
  start(): void {
    if (isFinished(this.#pod)) this.#terminal = true;
    else if (this.#pod.metadata.deletionTimestamp === undefined) {
      this.#life = this.#live().catch((error: unknown) => {
        this.#verdict = { reason: 'KubeletError', message: String(error) };
        this.#changed();
      });
    }
    this.learn(this.#pod);
  }

  learn(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#deleting ??= this.#delete();
  }

  /** Writes the status again where it is not what this kubelet knows. */
  report(): void {
    if (this.#runners.length > 0) this.#changed();
  }

  /** The object is gone from the API server: nothing is left to be polite about. */
  async vanish(): Promise<void> {
    this.#abandoned = true;
    await this.#shutDown(0);
  }

  endpoint(port: number): { readonly host: string; readonly port: number } | undefined {
    return this.#runners.some(({ record }) => record.state.is === 'running')
      ? this.#sandbox?.endpoint(port)
      : undefined;
  }

  /** Of this run of the container, or of the one before. Undefined while there is none. */
  log(container: string | undefined, previous = false): ContainerLog | undefined {
    const name = container ?? this.#pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
    const runner =
      name === undefined
        ? this.#runners.find(({ record }) => record.role === 'main')
        : this.#runners.find(({ record }) => record.container.name === name);
    return previous ? runner?.previousLog : runner?.log;
  }

  async #live(): Promise<void> {
    const { view, runtime, addresses, nodeName } = this.#node;
    this.#address = addresses.take();
    const node = view.mirror(kinds.nodes).get(undefined, nodeName);
    const sandbox = await runtime.sandbox(this.#pod, this.#address, node);
    this.#sandbox = sandbox;
    const around = this.#runnerSurroundings(sandbox);
    const { initContainers = [], containers, activeDeadlineSeconds } = this.#pod.spec;
    const before = ({ name }: Container) => this.#pod.status?.containerStatuses?.find((each) => each.name === name);
    const inits = initContainers.map(
      (container) => new ContainerRunner(around, container, container.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    );
    const mains = containers.map((container) => new ContainerRunner(around, container, 'main', before(container)));
    this.#runners.push(...inits, ...mains);
    if (inits.length > 0) for (const { record } of mains) record.state = { is: 'waiting', reason: 'PodInitializing' };
    this.#changed();
    if (activeDeadlineSeconds !== undefined) this.#limit(activeDeadlineSeconds);
    if (!(await this.#mount(sandbox))) return;
    await this.#pullVolumes();
    const sidecars: Promise<void>[] = [];
    for (const runner of inits) {
      const life = runner.run();
      if (runner.record.role === 'sidecar') {
        sidecars.push(life);
        await this.#begun(runner, life);
      } else {
        await life;
        const { state } = runner.record;
        if (!(state.is === 'terminated' && state.exitCode === 0)) return this.#over(sidecars);
      }
      if (this.#end.signal.aborted) return this.#over(sidecars);
    }
    for (const { record } of mains) {
      if (record.state.is === 'waiting') record.state = { is: 'waiting', reason: 'ContainerCreating' };
    }
    await Promise.all(mains.map((runner) => runner.run()));
    await this.#over(sidecars);
  }

  /** All containers have ended for good: sidecars go last. */
  async #over(sidecars: readonly Promise<void>[]): Promise<void> {
    const grace = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await Promise.all(
      this.#runners.filter(({ record }) => record.role === 'sidecar').map((runner) => runner.stop(grace)),
    );
    await Promise.all(sidecars);
    this.#terminal = true;
    this.#changed();
  }

  async #begun(runner: ContainerRunner, life: Promise<void>): Promise<void> {
    let over = false;
    void life.then(() => {
      over = true;
    });
    while (!over && !runner.record.started && !this.#end.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
        void life.then(resolve);
      });
    }
  }

  #onChange: () => void = () => {};

  /** Volumes first; what is missing is asked for again with a doubling delay, 0.5 s to 2 min 2 s as the kubelet's. */
  async #mount(sandbox: PodSandbox): Promise<boolean> {
    for (let delay = 500; !this.#end.signal.aborted; delay = Math.min(delay * 2, 122_000)) {
      try {
        // Watched before they are read: a change in between is none that is missed.
        const stop = watchMounted(this.#node.view.client, this.#pod, () => this.#refresh(sandbox));
        this.#end.signal.addEventListener('abort', stop);
        this.#stopWatching();
        this.#stopWatching = stop;
        await sandbox.mount(await resolveVolumes(this.#pod, this.#source(), this.#lookup));
        return true;
      } catch (error) {
        if (!(error instanceof MissingConfig)) throw error;
        this.#say('Warning', 'FailedMount', error.message);
        await sleep(this.#node.clock, delay, this.#end.signal);
      }
    }
    return false;
  }

  /** Images that are mounted are there before any container begins. */
  async #pullVolumes(): Promise<void> {
    for (const { image } of this.#pod.spec.volumes ?? []) {
      if (image === undefined) continue;
      const { reference = '', pullPolicy } = image;
      const pulled = await this.#node.images.pullVolume(reference, pullPolicy, this.#end.signal, () =>
        this.#say('Normal', 'Pulling', `Pulling image "${reference}"`),
      );
      if ('said' in pulled) this.#say('Normal', 'Pulled', pulled.said);
      else this.#say('Warning', 'Failed', pulled.message);
    }
  }

  #pulls: Promise<unknown> = Promise.resolve();

  /** The containers of a pod are begun one after the other, and each begins with its pull. */
  #inTurn<T>(pull: () => Promise<T>): Promise<T> {
    const pulled = this.#pulls.then(pull);
    this.#pulls = pulled.catch(() => undefined);
    return pulled;
  }

  #stopWatching: () => void = () => {};
  #refreshing: Promise<void> = Promise.resolve();

  /** Brings the files of the pod to what their ConfigMaps and Secrets hold now, under the running containers. */
  #refresh(sandbox: PodSandbox): void {
    this.#refreshing = this.#refreshing.then(async () => {
      if (this.#end.signal.aborted) return;
      try {
        await sandbox.mount(await resolveVolumes(this.#pod, this.#source(), this.#lookup));
      } catch {
        // A key that is gone now: what was mounted stays, as it does in a real pod.
      }
    });
  }

  #limit(seconds: number): void {
    const cancel = this.#node.clock.after(seconds * 1000, () => {
      if (this.#terminal || this.#end.signal.aborted) return;
      this.#verdict = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      void this.#shutDown((this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
    });
    this.#end.signal.addEventListener('abort', cancel);
  }

  async #delete(): Promise<void> {
    const { metadata, spec } = this.#pod;
    const seconds = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    await this.#shutDown(seconds * 1000);
    if (this.#abandoned) return;
    await this.#flush();
    await this.#node.view.delete(kinds.pods, this.#pod, { gracePeriodSeconds: 0 });
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#runners.map((runner) => runner.stop(graceMs)));
    await this.#life;
    await this.#refreshing;
    this.#terminal = true;
    this.#changed();
    await this.#flush();
    await this.#sandbox?.close();
    if (this.#address !== undefined) this.#node.addresses.give(this.#address);
    this.#address = undefined;
  }

  #runnerSurroundings(sandbox: PodSandbox): RunnerSurroundings {
    const { metadata, spec } = this.#pod;
    const { clock, images, pace } = this.#node;
    return {
      clock,
      sandbox,
      pace,
      podLabel: `${metadata.name}_${metadata.namespace ?? 'default'}(${metadata.uid ?? ''})`,
      restartPolicy: spec.restartPolicy ?? 'Always',
      gracePeriodMs: (spec.terminationGracePeriodSeconds ?? 30) * 1000,
      pull: (container) =>
        this.#inTurn(() =>
          images.pull(container, this.#pod, this.#end.signal, () =>
            this.#sayOf(container.name, 'Normal', 'Pulling', `Pulling image "${container.image}"`),
          ),
        ),
      env: (container: Container) => resolveEnv(container, this.#source(), this.#lookup),
      event: (type, reason, message, container) => this.#sayOf(container, type, reason, message),
      changed: () => this.#changed(),
    };
  }

  #source(): DownwardSource {
    const node = this.#node.view.mirror(kinds.nodes).get(undefined, this.#node.nodeName);
    return { pod: this.#pod, podIP: this.#address ?? '', node };
  }

  #say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#node.events.record(this.#pod, type, reason, message, 'kubelet', this.#node.nodeName);
  }

  #sayOf(container: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#abandoned) return;
    const { namespace = 'default', name, uid = '' } = this.#pod.metadata;
    const list = this.#pod.spec.containers.some((one) => one.name === container) ? 'containers' : 'initContainers';
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid, fieldPath: `spec.${list}{${container}}` };
    this.#node.events.record(subject, type, reason, message, 'kubelet', this.#node.nodeName);
  }

  #changed(): void {
    this.#onChange();
    this.#dirty = true;
    if (this.#writing !== undefined) return;
    this.#node.writing(1);
    this.#writing = this.#write();
  }

  async #flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Changes that come while one is being written are written together after it. */
  async #write(): Promise<void> {
    try {
      while (this.#dirty) {
        // Whatever else happens in this moment belongs into the same status.
        await Promise.resolve();
        this.#dirty = false;
        if (this.#abandoned) return;
        await this.#report();
      }
    } finally {
      // In the same breath as the last look at `dirty`: a change in between would be lost.
      this.#writing = undefined;
      this.#node.writing(-1);
    }
  }

  async #report(): Promise<void> {
    const { view, clock, nodeName } = this.#node;
    const { namespace, name, uid } = this.#pod.metadata;
    const pod = view.mirror(kinds.pods).get(namespace, name);
    if (pod === undefined || pod.metadata.uid !== uid) return;
    const facts: PodFacts = {
      records: this.#runners.map(({ record }) => record),
      podIP: this.#address,
      hostIP: hostIP(view.mirror(kinds.nodes).get(undefined, nodeName)),
      startedAt: this.#startedAt,
      terminal: this.#terminal,
      ...(this.#verdict === undefined ? {} : { verdict: this.#verdict }),
    };
    try {
      await writeStatus(view, kinds.pods, pod, podStatus(pod, facts, clock.now()));
    } catch {
      // The next change writes all of it again; a status that the server refuses must not stop the pod.
    }
  }
}
