import type { Clock } from '../clock.js';
import type { ClusterView } from '../controllers/cluster-view.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { podsOnNode } from '../controllers/ownership.js';
import type { Backends, LogQuery } from '../http/backends.js';
import { kinds, type Pod } from '../kinds.js';
import type { TokenSource } from './config-lookup.js';
import type { ContainerRuntime } from './container-runtime.js';
import { ImageStore, type PullDelay } from './image-store.js';
import { PodAddresses } from './pod-addresses.js';
import { PodWorker } from './pod-worker.js';
import type { ProbePace } from './prober.js';

export interface KubeletsOptions {
  readonly view: ClusterView;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** What a node runs its containers with, unless {@link Kubelets.attach} is told otherwise. */
  readonly runtime: ContainerRuntime;
  readonly pace?: ProbePace;
  readonly pullDelay?: PullDelay;
  readonly tokens?: TokenSource;
}

/**
 * The kubelets of all nodes of the cluster, and the way from a pod to the port and the log behind it. A node is served from
 * {@link attach} until {@link detach}; pods of other nodes are left alone.
 */
export class Kubelets implements Backends {
  readonly #options: KubeletsOptions;
  readonly #nodes = new Map<string, { readonly runtime: ContainerRuntime; readonly images: ImageStore }>();
  readonly #workers = new Map<string, { readonly uid: string; readonly worker: PodWorker }>();
  readonly #addresses = new PodAddresses();
  readonly #leaving = new Set<Promise<void>>();
  readonly #unwatch: () => void;
  #writing = 0;
  #stopped = false;

  constructor(options: KubeletsOptions) {
    this.#options = options;
    this.#unwatch = options.view.mirror(kinds.pods).observe(({ object, gone }) => this.#learn(object, gone));
  }

  /** Whether a status is on its way. */
  get busy(): boolean {
    return this.#writing > 0;
  }

  serves(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** Begins to run what is bound to that node. */
  attach(node: string, runtime: ContainerRuntime = this.#options.runtime): void {
    if (this.#stopped || this.#nodes.has(node)) return;
    const { clock, pullDelay } = this.#options;
    this.#nodes.set(node, { runtime, images: new ImageStore(runtime, clock, pullDelay) });
    for (const pod of podsOnNode(this.#options.view)(node)) this.#learn(pod, false);
  }

  /** The node is gone, and its containers with it, at once. */
  detach(node: string): void {
    this.#nodes.delete(node);
    for (const pod of podsOnNode(this.#options.view)(node)) this.#learn(pod, true);
  }

  /** Says again how every pod is, for when somebody has put other words into their statuses. */
  reportAll(): void {
    for (const { worker } of this.#workers.values()) worker.report();
  }

  /** Where a port of a pod can be reached. Undefined while no container of it runs, or when none has such a port. */
  endpoint(namespace: string, pod: string, port: number): { readonly host: string; readonly port: number } | undefined {
    return this.#workers.get(`${namespace}/${pod}`)?.worker.endpoint(port);
  }

  /** What a container printed, line by line. Undefined when there is no such container or it has not started. */
  log(
    namespace: string,
    pod: string,
    container: string | undefined,
    query: LogQuery,
  ): AsyncIterable<string> | undefined {
    return this.#workers.get(`${namespace}/${pod}`)?.worker.log(container, query.previous)?.read(query);
  }

  /** Ends all pods of all nodes without a word to the API server. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    const runtimes = new Set([this.#options.runtime, ...[...this.#nodes.values()].map(({ runtime }) => runtime)]);
    const workers = [...this.#workers.values()];
    // The runtimes are polite to the processes for a moment; the workers only stop caring.
    await Promise.all([...runtimes].map((runtime) => runtime.stop()));
    await Promise.all([...workers.map(({ worker }) => worker.vanish()), ...this.#leaving]);
    this.#workers.clear();
  }

  #learn(pod: Pod, gone: boolean): void {
    const { namespace = 'default', name, uid = '' } = pod.metadata;
    const key = `${namespace}/${name}`;
    const known = this.#workers.get(key);
    if (known !== undefined && (gone || known.uid !== uid)) {
      this.#workers.delete(key);
      const leaving = known.worker.vanish().finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
    if (gone || this.#stopped) return;
    if (known?.uid === uid) {
      known.worker.learn(pod);
      return;
    }
    const { nodeName } = pod.spec;
    const node = nodeName === undefined ? undefined : this.#nodes.get(nodeName);
    if (nodeName === undefined || node === undefined) return;
    const { view, clock, events, pace = {}, tokens } = this.#options;
    const writing = (by: 1 | -1) => {
      this.#writing += by;
    };
    const worker = new PodWorker(
      {
        writing,
        view,
        clock,
        events,
        pace,
        nodeName,
        addresses: this.#addresses,
        ...node,
        ...(tokens === undefined ? {} : { tokens }),
      },
      pod,
    );
    this.#workers.set(key, { uid, worker });
    worker.start();
  }
}
