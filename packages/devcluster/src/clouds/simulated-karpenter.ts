import { isReason } from '../controllers/api-failure.js';
import { conditionOf, isTrue } from '../controllers/conditions.js';
import { type Controller, type ControllerContext, source } from '../controllers/controller.js';
import type { Again } from '../controllers/keyed-queue.js';
import { writeStatus } from '../controllers/status-writer.js';
import { kinds, type NodeObject, type Pod } from '../kinds.js';
import { type ClaimApi, claimApis } from './claim-api.js';
import { awaiting, claimConditions, type Stage, type StageWord } from './claim-conditions.js';
import type { ClaimFault } from './claim-fault.js';
import { ClaimNodes, type NodeHost, terminationFinalizer } from './claim-nodes.js';
import { providerIdOf } from './gpu-node.js';
import { type InstanceShape, type InstanceShapes, resourcesOf } from './instance-shape.js';
import { MoneyMeter } from './money-meter.js';
import {
  instanceTypeOf,
  isServed,
  kaitoNodeClass,
  launchProblem,
  type NodeClaim,
  type NodeClassKind,
  placementOf,
} from './node-claim.js';
import { nodePoolCrd } from './node-pool-crd.js';
import { type Shortage, shortageAt } from './shortage.js';
import { StaticPools } from './static-pools.js';

/** How long the cloud takes, in milliseconds of the cluster's clock. All default to 0. */
export interface CloudDelays {
  /** From the claim to a running, billed machine. */
  readonly launch?: number;
  /** From there to a Ready Node. */
  readonly join?: number;
  /** From there until the device plugin shows `nvidia.com/gpu`. */
  readonly gpu?: number;
  /** From the empty node to its end. */
  readonly terminate?: number;
}

export interface SimulatedKarpenterOptions {
  /** What can be had. A claim for any other type fails to launch. */
  readonly instances: InstanceShapes;
  /** Per hour, by instance type, in any currency. */
  readonly prices?: Readonly<Record<string, number>>;
  /** The same for spot machines. Default: the price on demand. */
  readonly spotPrices?: Readonly<Record<string, number>>;
  /** What cannot be had when. More can be added later with {@link SimulatedKarpenter.suffer}. */
  readonly shortages?: readonly Shortage<ClaimFault>[];
  readonly delays?: CloudDelays;
  /** What it is asked by: a `Machine` as gpu-provisioner 0.2 was, whose class nobody looks at. Default: a `NodeClaim`. */
  readonly api?: 'NodeClaim' | 'Machine';
  /** Whether it serves NodePools with static capacity, which gpu-provisioner does not. Default false. */
  readonly staticPools?: boolean;
  /** Claims of other classes are ignored. Default: gpu-provisioner's KaitoNodeClass. */
  readonly nodeClasses?: readonly NodeClassKind[];
  /**
   * Whether a claim that is not launched after 5 minutes, or not registered after 15, is deleted, as Karpenter core does and
   * gpu-provisioner does not. Default false.
   */
  readonly liveness?: boolean;
}

interface Machine {
  readonly shape: InstanceShape;
  readonly type: string;
  readonly requestedAt: number;
  readonly fault: ClaimFault | undefined;
  attempts: number;
  /** When the next scripted refusal is due. */
  retryAt: number;
  gone: boolean;
  goneAt?: number;
  orphanedAt?: number;
  endingAt?: number;
}

const garbageIntervalMs = 120_000;

/**
 * Karpenter with a simulated cloud behind it, in the profile of gpu-provisioner 0.4: one machine a NodeClaim. Conditions,
 * labels, finalizers and the order of deletion are those of the real ones; budgets, drift, disruption and NodePools other than
 * static ones do not exist, and a drain neither waits for the 5 seconds that the real one takes at least nor knows disruption budgets.
 */
export class SimulatedKarpenter {
  readonly meter: MoneyMeter;
  readonly #options: SimulatedKarpenterOptions;
  readonly #context: ControllerContext;
  readonly #nodes: ClaimNodes;
  readonly #api: ClaimApi;
  readonly #pools: StaticPools | undefined;
  readonly #machines = new Map<string, Machine>();
  readonly #faults: ClaimFault[] = [];
  #shortages: readonly Shortage<ClaimFault>[];
  #wake: (key: string) => void = () => {};

  constructor(options: SimulatedKarpenterOptions, context: ControllerContext, nodes: NodeHost) {
    this.#options = options;
    this.#context = context;
    this.#api = claimApis[options.api ?? 'NodeClaim'];
    this.#nodes = new ClaimNodes(context, nodes, this.#api);
    this.#pools = options.staticPools ? new StaticPools(context, options.nodeClasses ?? [kaitoNodeClass]) : undefined;
    this.meter = new MoneyMeter(context.clock, options.prices, options.spotPrices);
    this.#shortages = options.shortages ?? [];
  }

  /** The next claim that has no machine yet meets this fault; several are met one after the other. */
  failNext(...faults: readonly ClaimFault[]): void {
    this.#faults.push(...faults);
  }

  /** From now on the cloud has this trace of shortages; faults of {@link failNext} come first. */
  suffer(...trace: readonly Shortage<ClaimFault>[]): void {
    this.#shortages = trace;
  }

  /** Faults and shortages that no claim has met yet will not happen any more. */
  forgetFaults(): void {
    this.#faults.length = 0;
    this.#shortages = [];
  }

  /** The machine of a claim vanishes, as a spot machine does. Its node goes quiet; the claim is collected two minutes later. */
  async lose(claimName: string): Promise<void> {
    this.#terminate(claimName);
    await this.#nodes.silence(claimName);
    this.#wake(claimName);
  }

  /** Makes its resources known and waits until they are served. They may be there already. */
  async install(): Promise<void> {
    const { view, resources } = this.#context;
    const crds = [this.#api.crd, ...(this.#pools === undefined ? [] : [nodePoolCrd])];
    for (const crd of crds) {
      try {
        await view.create(kinds.customResourceDefinitions, crd);
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
      }
    }
    const isServed = () => {
      const served = new Set(resources().map(({ group, plural }) => `${plural}.${group}`));
      return crds.every(({ metadata }) => served.has(metadata.name));
    };
    await new Promise<void>((resolve) => {
      let stop = () => {};
      const look = () => {
        if (!isServed()) return;
        resolve();
        queueMicrotask(() => stop());
      };
      stop = view.mirror(kinds.customResourceDefinitions).observe(look);
      look();
    });
  }

  /** Its control loops. Begin them after {@link install}. */
  controllers(): readonly Controller[] {
    return [this.#claims(), ...(this.#pools === undefined ? [] : [this.#pools.controller()])];
  }

  #claims(): Controller {
    const nodeKeys = (node: NodeObject | undefined) => {
      const owner = node?.metadata.ownerReferences?.find(({ kind }) => kind === this.#api.kind.kind);
      return owner === undefined ? [] : [owner.name];
    };
    const nodeOfPod = (pod: Pod) => this.#context.view.mirror(kinds.nodes).get(undefined, pod.spec.nodeName ?? '');
    return {
      name: 'karpenter',
      sources: [
        source(this.#api.kind, ({ object }) => [object.metadata.name]),
        source(kinds.nodes, ({ object }) => nodeKeys(object)),
        source(kinds.pods, ({ object, gone }) => (gone ? nodeKeys(nodeOfPod(object)) : [])),
      ],
      begin: (add) => {
        this.#wake = add;
        return () => {
          this.#wake = () => {};
        };
      },
      reconcile: (name) => this.#reconcile(name),
    };
  }

  async #reconcile(name: string): Promise<Again | undefined> {
    const claim = this.#context.view.mirror(this.#api.kind).get(undefined, name);
    if (claim === undefined) return this.#collect(name);
    const classes = this.#options.nodeClasses ?? [kaitoNodeClass];
    if (this.#api === claimApis.NodeClaim && !isServed(claim, classes)) return undefined;
    if (claim.metadata.deletionTimestamp !== undefined) return this.#finalize(claim);
    const node = this.#nodes.of(name);
    if (node?.metadata.deletionTimestamp !== undefined) {
      // Deleting the Node deletes its claim.
      await this.#context.view.delete(this.#api.kind, claim);
      return undefined;
    }
    return this.#advance(await this.#hold(claim));
  }

  async #hold(claim: NodeClaim): Promise<NodeClaim> {
    const finalizers = claim.metadata.finalizers ?? [];
    if (finalizers.includes(terminationFinalizer)) return claim;
    const patch = { metadata: { finalizers: [...finalizers, terminationFinalizer] } };
    return (await this.#context.view.merge(this.#api.kind, claim, patch)) ?? claim;
  }

  /** Launch, registration, initialization: what the clock says has happened by now. */
  async #advance(claim: NodeClaim): Promise<Again | undefined> {
    const { name } = claim.metadata;
    const now = this.#context.clock.now();
    const problem = launchProblem(claim, this.#options.instances);
    if (problem !== undefined) {
      // The real one tries again and again; the claim's spec cannot change, so neither can the answer.
      await this.#say(claim, { Launched: { reason: 'LaunchFailed', message: problem } });
      return this.#outlive(claim);
    }
    const machine = this.#machineFor(claim);
    const { launch = 0, join = 0, gpu = 0 } = this.#options.delays ?? {};
    if (machine.gone) return this.#collectLost(claim, machine);
    const launchedAt = machine.requestedAt + launch;
    if (machine.fault?.kind === 'never-launches' || now < launchedAt) {
      await this.#say(claim, {});
      return this.#outlive(claim, machine.fault?.kind === 'never-launches' ? undefined : launchedAt - now);
    }
    if (!this.#isLaunched(claim)) {
      const refused = await this.#refuse(claim, machine);
      if (refused !== undefined) return refused.again;
      this.meter.start(name, machine.type, placementOf(claim));
    }
    const joinsAt = launchedAt + join;
    if (machine.fault?.kind === 'never-joins' || now < joinsAt) {
      await this.#say(claim, { Launched: 'True' }, machine);
      return this.#outlive(claim, machine.fault?.kind === 'never-joins' ? undefined : joinsAt - now);
    }
    const showsGpu = machine.fault?.kind !== 'never-shows-gpu' && now >= joinsAt + gpu;
    const node = await this.#nodes.keep(claim, machine.type, machine.shape, showsGpu);
    const missing = uninitialized(claim, node);
    await this.#say(claim, { Launched: 'True', Registered: 'True', Initialized: missing ?? 'True' }, machine, node);
    if (missing === undefined) await this.#nodes.label(node, 'karpenter.sh/initialized');
    const waits = !showsGpu && machine.fault?.kind !== 'never-shows-gpu';
    return waits ? { afterMs: joinsAt + gpu - now } : undefined;
  }

  #machineFor(claim: NodeClaim): Machine {
    const { name } = claim.metadata;
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const type = instanceTypeOf(claim) ?? '';
    const shape = this.#options.instances[type] ?? { cpu: 0, memory: '0' };
    const requestedAt = this.#context.clock.now();
    const machine: Machine = {
      shape,
      type,
      requestedAt,
      fault:
        this.#faults.shift() ?? shortageAt(this.#shortages, requestedAt, { instanceType: type, ...placementOf(claim) }),
      attempts: 0,
      retryAt: 0,
      gone: false,
    };
    this.#machines.set(name, machine);
    return machine;
  }

  #isLaunched(claim: NodeClaim): boolean {
    return isTrue(claim.status?.conditions, `${this.#api.conditionPrefix}Launched`);
  }

  /** Plays a scripted refusal. Undefined when the launch goes through. */
  async #refuse(claim: NodeClaim, machine: Machine): Promise<{ again: Again | undefined } | undefined> {
    const { fault } = machine;
    if (fault?.kind === 'no-capacity') {
      const why = fault.message ?? `all requested instance types were unavailable during launch`;
      const message = `NodeClaim ${claim.metadata.name} event: insufficient capacity, ${why}`;
      this.#context.events.record(claim, 'Warning', 'InsufficientCapacityError', message, 'karpenter');
      await this.#context.view.delete(this.#api.kind, claim);
      return { again: undefined };
    }
    if (fault?.kind !== 'launch-fails') return undefined;
    const limit = fault.attempts ?? Number.POSITIVE_INFINITY;
    if (machine.attempts >= limit && this.#context.clock.now() >= machine.retryAt) return undefined;
    const now = this.#context.clock.now();
    // Other changes of the claim come by here as well; only its own time is a new try.
    if (now < machine.retryAt) return { again: { afterMs: machine.retryAt - now } };
    const delay = Math.min(1_000 * 2 ** machine.attempts, 60_000);
    machine.attempts++;
    machine.retryAt = now + delay;
    await this.#say(claim, { Launched: { reason: fault.reason ?? 'LaunchFailed', message: fault.message } });
    return { again: await this.#outlive(claim, delay) };
  }

  async #say(
    claim: NodeClaim,
    words: Partial<Record<Stage, StageWord>>,
    machine?: Machine,
    node?: NodeObject,
  ): Promise<void> {
    const { view, clock } = this.#context;
    const absent: StageWord =
      words.Launched === 'True' ? { reason: 'NodeNotFound', message: 'Node not registered with cluster' } : awaiting;
    const stages = { Launched: awaiting, Registered: absent, Initialized: absent, ...words };
    const launched = machine !== undefined;
    if (launched && claim.metadata.labels?.['node.kubernetes.io/instance-type'] === undefined) {
      const labels = { 'node.kubernetes.io/instance-type': machine.type };
      await view.merge(this.#api.kind, claim, { metadata: { labels } });
    }
    const resources = launched ? resourcesOf(machine.shape, true) : undefined;
    await writeStatus(view, this.#api.kind, claim, {
      ...claim.status,
      ...(launched ? { providerID: providerIdOf(claim), capacity: resources, allocatable: resources } : {}),
      ...(node === undefined ? {} : { nodeName: node.metadata.name }),
      conditions: claimConditions(claim, stages, clock.now(), this.#api.conditionPrefix),
    });
  }

  /** Applies the liveness limits where they are on. */
  async #outlive(claim: NodeClaim, nextMs?: number): Promise<Again | undefined> {
    if (this.#options.liveness !== true) return nextMs === undefined ? undefined : { afterMs: nextMs };
    const { clock, view } = this.#context;
    const [stage, limitMs] = this.#isLaunched(claim)
      ? (['Registered', 900_000] as const)
      : (['Launched', 300_000] as const);
    const since =
      conditionOf(claim.status?.conditions, stage)?.lastTransitionTime ?? claim.metadata.creationTimestamp ?? '';
    const left = Date.parse(since) + limitMs - clock.now();
    if (left > 0) return { afterMs: Math.min(left, nextMs ?? left) };
    await view.delete(this.#api.kind, claim);
    return undefined;
  }

  /** A registered claim without a machine behind it is deleted, at the next look of Karpenter's own collector. */
  async #collectLost(claim: NodeClaim, machine: Machine): Promise<Again | undefined> {
    const left = (machine.goneAt ?? 0) + garbageIntervalMs - this.#context.clock.now();
    if (left > 0) return { afterMs: left };
    await this.#context.view.delete(this.#api.kind, claim);
    return undefined;
  }

  /** A machine whose claim was torn away without its finalizer is found by gpu-provisioner's collector, every two minutes. */
  async #collect(name: string): Promise<Again | undefined> {
    const machine = this.#machines.get(name);
    if (machine === undefined) return undefined;
    if (!machine.gone) {
      machine.orphanedAt ??= this.#context.clock.now();
      const left = machine.orphanedAt + garbageIntervalMs - this.#context.clock.now();
      if (left > 0) return { afterMs: left };
    }
    this.#terminate(name);
    const node = this.#nodes.of(name);
    if (node !== undefined) await this.#nodes.remove(node);
    this.#machines.delete(name);
    return undefined;
  }

  /** Node first (tainted, drained, removed), then the machine, then the claim. */
  async #finalize(claim: NodeClaim): Promise<Again | undefined> {
    const { view, clock } = this.#context;
    const { name } = claim.metadata;
    if (!claim.metadata.finalizers?.includes(terminationFinalizer)) return undefined;
    const node = this.#nodes.of(name);
    if (node !== undefined && !(await this.#nodes.drain(node))) return undefined;
    const machine = this.#machines.get(name);
    if (machine !== undefined && !machine.gone && this.#isLaunched(claim)) {
      machine.endingAt ??= clock.now() + (this.#options.delays?.terminate ?? 0);
      if (machine.endingAt > clock.now()) return { afterMs: machine.endingAt - clock.now() };
    }
    this.#terminate(name);
    if (node !== undefined) await this.#nodes.remove(node);
    this.#machines.delete(name);
    const rest = (claim.metadata.finalizers ?? []).filter((finalizer) => finalizer !== terminationFinalizer);
    await view.merge(this.#api.kind, claim, { metadata: { finalizers: rest.length === 0 ? null : rest } });
    return undefined;
  }

  #terminate(name: string): void {
    const machine = this.#machines.get(name);
    if (machine !== undefined && !machine.gone) {
      machine.gone = true;
      machine.goneAt = this.#context.clock.now();
    }
    this.meter.stop(name);
  }
}

/** What initialization waits for: startup taints gone, and each requested resource on the node, except `storage`, which no node ever shows (gpu-provisioner 0.4.3). */
function uninitialized(claim: NodeClaim, node: NodeObject): StageWord | undefined {
  for (const { key, value = '', effect } of claim.spec.startupTaints ?? []) {
    if (!node.spec?.taints?.some((taint) => taint.key === key && taint.effect === effect)) continue;
    return { reason: 'StartupTaintsExist', message: `StartupTaint "${key}=${value}:${effect}" still exists` };
  }
  for (const resource of Object.keys(claim.spec.resources?.requests ?? {})) {
    if (resource === 'storage' || Number.parseFloat(node.status?.allocatable?.[resource] ?? '0') > 0) continue;
    return { reason: 'ResourceNotRegistered', message: `Resource "${resource}" was requested but not registered` };
  }
  return undefined;
}
