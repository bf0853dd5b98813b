import {
  type Admission,
  ApiServer,
  type Identity,
  type Listening,
  type ListenOptions,
  type Snapshot,
} from './api-server.js';
import type { ClusterClient } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { SimulatedArm, type SimulatedArmOptions } from './clouds/arm/simulated-arm.js';
import type { InstanceShape } from './clouds/instance-shape.js';
import { SimulatedKarpenter, type SimulatedKarpenterOptions } from './clouds/simulated-karpenter.js';
import { nodeObject } from './clouds/simulated-node.js';
import { type ControllerName, controllerFactories, controllerNames } from './controllers/all.js';
import { preferredResources } from './controllers/api-resources.js';
import { ClusterView } from './controllers/cluster-view.js';
import {
  type Controller,
  type ControllerContext,
  type RunningController,
  runController,
} from './controllers/controller.js';
import { EventRecorder } from './controllers/event-recorder.js';
import { writeStatus } from './controllers/status-writer.js';
import { EndingClock } from './ending-clock.js';
import { kinds, type Taint } from './kinds.js';
import type { ContainerRuntime } from './kubelet/container-runtime.js';
import type { ImageProgram } from './kubelet/image-program.js';
import type { PullDelay } from './kubelet/image-store.js';
import { Kubelets } from './kubelet/kubelets.js';
import { ProcessRuntime } from './kubelet/process-runtime.js';
import { type Script, StagedRuntime } from './kubelet/staged-runtime.js';
import { forwardPort, type PortForward } from './port-forward.js';
import { serviceTargets } from './service-target.js';
import type { ApiTransport } from './transport.js';
import { turn, VirtualClock } from './virtual-clock.js';

/** A node that is there from the start. */
export interface NodeOptions {
  readonly name: string;
  /** Default: 4 CPUs, 16Gi, no GPU. */
  readonly shape?: InstanceShape;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** `none`: nobody runs the pods of this node. Default: the cluster's kubelet. */
  readonly kubelet?: 'none';
}

/** Everything has a default: an empty cluster with all controllers whose pods run by script, in real time. */
export interface DevClusterOptions {
  /** A {@link VirtualClock} turns hours into milliseconds. Only for pods that run by script. */
  readonly clock?: Clock;
  /** Those to run. Default `all`. Any may be left out, to see what is then missing or to do its work in a test. */
  readonly controllers?: 'all' | readonly ControllerName[];
  /** Makes pods run as local processes, through these programs. Without them pods run by {@link script}. */
  readonly images?: readonly ImageProgram[];
  /** How pods go that have no process. Default: all start and get ready at once, those of Jobs end well after a second. */
  readonly script?: Script;
  readonly nodes?: readonly NodeOptions[];
  /** A simulated Karpenter that turns NodeClaims into nodes. Default: none. */
  readonly karpenter?: SimulatedKarpenterOptions | false;
  /** A simulated Azure Resource Manager whose agent pools become nodes. Default: none. */
  readonly arm?: SimulatedArmOptions | false;
  /** Simulated milliseconds an image takes to arrive on a node. Default 0. */
  readonly pullDelay?: PullDelay;
  /** Upper limit in milliseconds for the delays of readiness and startup probes. Default: as in the manifest. */
  readonly maxProbeDelay?: number;
  /** IPv4 range of Service addresses. Default 10.96.0.0/16. */
  readonly serviceCidr?: string;
  /** Where uids and generated names come from: a seeded one lets a run happen again to the letter. Default: real randomness. */
  readonly identity?: Identity;
  /** In-process admission: functions that see every write and may refuse it. */
  readonly admission?: readonly Admission[];
  /** A directory to keep the cluster in: see {@link ApiServerOptions.data}. Pods that were running are started again, as after a reboot of their node. */
  readonly data?: string;
  /** False for a server that cannot stream lists. Default true. */
  readonly streamingLists?: boolean;
  /** Told of each reconcile of a built-in controller that failed; it is tried again in any case. */
  readonly onFailure?: (controller: string, key: string, error: unknown) => void;
}

/**
 * A whole Kubernetes cluster in this process: API server, workload controllers, scheduler, kubelets and a simulated cloud.
 *
 * ```ts
 * const cluster = await DevCluster.start({ clock: new VirtualClock(), nodes: [{ name: 'node-1' }] });
 * await cluster.client.create({ group: 'apps', version: 'v1', plural: 'deployments' }, deployment);
 * await cluster.settled();
 * ```
 */
export class DevCluster {
  /** Objects in, objects out. */
  readonly client: ClusterClient;
  /** The API as requests and responses, without a socket. */
  readonly transport: ApiTransport;
  /** The API server itself: its middlewares to inject faults, more users, compaction. */
  readonly server: ApiServer;
  readonly clock: Clock;
  /** The simulated Karpenter, when there is one: its bill and its faults. */
  readonly karpenter: SimulatedKarpenter | undefined;
  /** The simulated Azure Resource Manager, when there is one. Beside a Karpenter both bill on one meter. */
  readonly arm: SimulatedArm | undefined;
  readonly #view: ClusterView;
  readonly #events: EventRecorder;
  readonly #kubelets: Kubelets;
  readonly #running = new Map<string, RunningController>();
  readonly #closers = new Set<() => Promise<void>>();
  readonly #unprobe: () => void;
  readonly #timers: EndingClock;
  #stopping: Promise<void> | undefined;

  private constructor(readonly options: DevClusterOptions) {
    const clock = options.clock ?? systemClock;
    this.clock = clock;
    this.#timers = new EndingClock(clock);
    const { serviceCidr, admission, data, identity, streamingLists } = options;
    this.server = new ApiServer({
      clock: this.#timers,
      ...(serviceCidr === undefined ? {} : { serviceCidr }),
      ...(admission === undefined ? {} : { admission }),
      ...(identity === undefined ? {} : { identity }),
      ...(data === undefined ? {} : { data }),
      ...(streamingLists === undefined ? {} : { streamingLists }),
    });
    this.client = this.server.client;
    this.transport = this.server.transport;
    this.#view = new ClusterView(this.client);
    this.#events = new EventRecorder(this.client, this.#timers);
    this.#kubelets = new Kubelets({
      view: this.#view,
      clock: this.#timers,
      events: this.#events,
      runtime: runtimeFor(options, this.#timers),
      tokens: async (namespace, account) => this.server.serviceAccountToken(namespace, account),
      pace: options.maxProbeDelay === undefined ? {} : { maxProbeDelay: options.maxProbeDelay },
      ...(options.pullDelay === undefined ? {} : { pullDelay: options.pullDelay }),
    });
    this.server.serveFrom(this.#kubelets);
    this.karpenter = options.karpenter
      ? new SimulatedKarpenter(options.karpenter, this.#context(), this.#kubelets)
      : undefined;
    this.arm = options.arm
      ? new SimulatedArm(options.arm, this.#context(), this.#kubelets, this.karpenter?.meter)
      : undefined;
    this.#unprobe = this.clock instanceof VirtualClock ? this.clock.busyWhile(() => this.#busy()) : () => {};
  }

  /** Starts a cluster; everything in {@link DevClusterOptions.nodes} is Ready when the promise settles. */
  static async start(options: DevClusterOptions = {}): Promise<DevCluster> {
    const wanted = options.controllers ?? 'all';
    const unknown = wanted === 'all' ? [] : wanted.filter((name) => !controllerNames.includes(name));
    if (unknown.length > 0) {
      throw new Error(`there is no controller ${unknown.join(', ')}; there are: ${controllerNames.join(', ')}`);
    }
    const cluster = new DevCluster(options);
    await cluster.#begin(wanted === 'all' ? controllerNames : wanted);
    return cluster;
  }

  /** Opens an HTTPS port for kubectl and everything else that speaks Kubernetes, with a token of its own. Closed by {@link stop}. */
  listen(options: ListenOptions = {}): Promise<Listening> {
    return this.server.listen(options);
  }

  /** The controllers at work by name, to pause one for a while. The simulated clouds are `karpenter` and `arm`. */
  controller(name: ControllerName | 'karpenter' | 'arm'): Pick<RunningController, 'pause' | 'resume'> {
    const found = this.#running.get(name);
    if (found === undefined) {
      throw new Error(`controller ${name} does not run here; running are: ${[...this.#running.keys()].join(', ')}`);
    }
    return found;
  }

  /**
   * Waits until nothing happens any more without time passing or somebody writing: all queues are empty, all statuses
   * written. Real processes, and whatever else is on its way from outside, are not waited for.
   */
  async settled(): Promise<void> {
    if (this.clock instanceof VirtualClock) return this.clock.settle();
    for (let quiet = 0; quiet < 4; ) {
      await turn();
      quiet = this.#busy() ? 0 : quiet + 1;
    }
  }

  /** Everything in the API server now, to come back to with {@link restore}. */
  snapshot(): Snapshot {
    return this.server.snapshot();
  }

  /**
   * Brings the API server back to a snapshot, and lets everything else go on from there: controllers see the changes, pods that are back are started,
   * pods that run say again how they are. The simulated clouds keep their machines and their bill.
   */
  restore(snapshot: Snapshot): void {
    this.server.restore(snapshot);
    this.#kubelets.reportAll();
  }

  /** A local port that reaches a ready pod of the Service, whichever is ready when a connection comes. Closed by {@link stop}. */
  async portForward(namespace: string, service: string, port: number | string): Promise<PortForward> {
    serviceTargets(this.#view, namespace, service, port);
    let next = 0;
    const forward = await forwardPort(() => {
      const targets = serviceTargets(this.#view, namespace, service, port)
        .map((target) => this.#kubelets.endpoint(namespace, target.pod, target.port))
        .filter((endpoint) => endpoint !== undefined);
      return targets[next++ % Math.max(1, targets.length)];
    });
    const close = async () => {
      this.#closers.delete(close);
      await forward.close();
    };
    this.#closers.add(close);
    return { ...forward, close };
  }

  /** Ends everything: connections, controllers, every process of every pod, every temporary file. Calling it again is fine. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #begin(wanted: readonly ControllerName[]): Promise<void> {
    for (const name of wanted) {
      const around = { isServed: (node: string) => this.#kubelets.serves(node) };
      this.#run(controllerFactories[name](this.#context(), around));
    }
    if (this.karpenter !== undefined) {
      await this.karpenter.install();
      for (const controller of this.karpenter.controllers()) this.#run(controller);
    }
    if (this.arm !== undefined) this.#run(this.arm.controller());
    for (const { name, shape = { cpu: 4, memory: '16Gi' }, labels = {}, taints = [], kubelet } of this.options.nodes ??
      []) {
      // A node that was kept from an earlier run stays as it was left.
      if ((await this.client.get(kinds.nodes, undefined, name)) === undefined) {
        const made = nodeObject({ name, shape, labels, taints }, this.clock.now());
        const node = await this.#view.create(kinds.nodes, made);
        await writeStatus(this.#view, kinds.nodes, node, made.status as object);
      }
      if (kubelet !== 'none') this.#kubelets.attach(name);
    }
    await this.settled();
  }

  #run(controller: Controller): void {
    this.#running.set(controller.name, runController(controller, this.#context()));
  }

  #context(): ControllerContext {
    const { onFailure } = this.options;
    return {
      view: this.#view,
      clock: this.#timers,
      events: this.#events,
      resources: () => preferredResources(this.server.registry.resources),
      ...(onFailure === undefined ? {} : { failed: onFailure }),
    };
  }

  #busy(): boolean {
    return (
      this.#events.busy ||
      this.#kubelets.busy ||
      this.arm?.busy === true ||
      [...this.#running.values()].some(({ busy }) => busy)
    );
  }

  async #end(): Promise<void> {
    this.#unprobe();
    await Promise.all([...this.#closers].map((close) => close()));
    for (const controller of this.#running.values()) controller.stop();
    await Promise.all([this.#kubelets.stop(), this.server.stop(), this.arm?.stop()]);
    this.#view.stop();
    this.#timers.end();
  }
}

function runtimeFor({ images, script, clock: given }: DevClusterOptions, clock: Clock): ContainerRuntime {
  if (images === undefined) return new StagedRuntime(clock, script);
  if (script !== undefined)
    throw new Error('give either images (pods run as processes) or a script (pods run without), not both');
  if (given instanceof VirtualClock) throw new Error('processes need real time: leave the clock out, or the images');
  return new ProcessRuntime(images);
}
