import { type Controller, type ControllerContext, source } from '../../controllers/controller.js';
import type { Again } from '../../controllers/keyed-queue.js';
import { writeStatus } from '../../controllers/status-writer.js';
import { kinds, type NodeObject } from '../../kinds.js';
import type { NodeHost } from '../claim-nodes.js';
import type { InstanceShapes } from '../instance-shape.js';
import { MoneyMeter } from '../money-meter.js';
import { type Shortage, shortageAt } from '../shortage.js';
import type { CloudDelays } from '../simulated-karpenter.js';
import { nodeStatus } from '../simulated-node.js';
import { type AgentPoolProperties, type AgentPoolRecord, bought, refuseChange, refuseInvalid } from './agent-pool.js';
import { ArmError, type ArmRequest, type ArmResponse } from './arm-exchange.js';
import type { ArmDeleteFault, ArmFault } from './arm-fault.js';
import { ArmOperations } from './arm-operations.js';
import { routeArm } from './arm-routes.js';
import { type ArmListening, serveArm } from './arm-server.js';
import { refuseSize, refuseTooMany, refuseWhileBusy, shortage } from './pool-limits.js';
import { poolNode, poolNodeName } from './pool-node.js';

export interface SimulatedArmOptions {
  /** What exists at all. */
  readonly instances: InstanceShapes;
  /** The cluster that the pools belong to; every other one is not found. */
  readonly cluster?: ArmClusterId;
  /** @default `westeurope` */
  readonly location?: string;
  /** The one bearer token that is accepted; the token endpoint gives it out. @default `simulated` */
  readonly token?: string;
  /** What tokens must be asked for, without `/.default`; others are refused. @default anything */
  readonly audience?: string;
  /** Per hour, by instance type. Ignored where the simulated Karpenter's meter is shared. */
  readonly prices?: Readonly<Record<string, number>>;
  /** The same for spot machines. @default the price on demand */
  readonly spotPrices?: Readonly<Record<string, number>>;
  /** What cannot be had when; zones as numbers. More can be added later with {@link SimulatedArm.suffer}. */
  readonly shortages?: readonly Shortage<ArmFault>[];
  /** `launch` to a billed machine, `join` to its Ready Node and the end of the operation, `gpu` to visible GPUs, `terminate` to the end. */
  readonly delays?: CloudDelays;
  /** Machines to be had by type, or by type and zone (`{ "1": 2 }`). Types not named: any number. */
  readonly capacity?: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  /** Regional vCPU quota of the subscription. @default none */
  readonly vcpuQuota?: number;
  /** Types on the subscription's list of resource SKUs; `forbidden`: the list may not be read. @default all instances */
  readonly skus?: readonly string[] | 'forbidden';
  /** Operations on pools that may run at once; one more is refused with 409. @default 3 */
  readonly maxOperations?: number;
}

export interface ArmClusterId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

const anyCluster: ArmClusterId = {
  subscriptionId: '11111111-2222-3333-4444-555555555555',
  resourceGroup: 'devcluster',
  name: 'devcluster',
};

/**
 * Azure Resource Manager for one AKS cluster: its agent pools with their long-running operations, the subscription's list of sizes,
 * and the token endpoint. A pool is one machine, which becomes a Node with its kubelet here.
 *
 * Paths, bodies, states and headers are those of the published API (`Microsoft.ContainerService`, 2026-06-01) as the Azure SDK for
 * JavaScript 25.5 reads and writes them; error codes are those of {@link armFaults}. What no source tells is simple here: an
 * operation ends when its machine has joined, and nothing is drained.
 */
export class SimulatedArm {
  readonly meter: MoneyMeter;
  readonly cluster: ArmClusterId;
  readonly location: string;
  readonly token: string;
  /** Every request that came in: method and path, without the host and the API version. */
  readonly requests: string[] = [];
  /** Those of them that were refused, with the status of the answer. */
  readonly refusals: { readonly request: string; readonly status: number }[] = [];
  readonly #options: SimulatedArmOptions;
  readonly #context: ControllerContext;
  readonly #nodes: NodeHost;
  readonly #pools = new Map<string, AgentPoolRecord>();
  readonly #operations: ArmOperations;
  readonly #faults: ArmFault[] = [];
  #shortages: readonly Shortage<ArmFault>[];
  readonly #deleteFaults: ArmDeleteFault[] = [];
  readonly #interruptions: ArmError[] = [];
  #deletesRefused: ArmError | undefined;
  readonly #listening = new Set<ArmListening>();
  #inFlight = 0;
  #wake: (key: string) => void = () => {};

  /** @param meter bills these machines too; a meter of its own by default */
  constructor(options: SimulatedArmOptions, context: ControllerContext, nodes: NodeHost, meter?: MoneyMeter) {
    this.#options = options;
    this.#context = context;
    this.#nodes = nodes;
    this.#operations = new ArmOperations(context.clock);
    this.cluster = options.cluster ?? anyCluster;
    this.location = options.location ?? 'westeurope';
    this.token = options.token ?? 'simulated';
    this.#shortages = options.shortages ?? [];
    this.meter = meter ?? new MoneyMeter(context.clock, options.prices, options.spotPrices);
  }

  /** Whether a request is being answered right now. */
  get busy(): boolean {
    return this.#inFlight > 0;
  }

  /** Names and states of all pools. */
  get pools(): ReadonlyMap<string, string> {
    return new Map([...this.#pools].map(([name, { state }]) => [name, state]));
  }

  /** What was asked for: on demand or spot, and the zone as a number. Empty for a pool that is not there. */
  priorityOf(name: string): { readonly capacityType?: 'on-demand' | 'spot'; readonly zone?: string } {
    const properties = this.#pools.get(name)?.properties;
    return properties === undefined ? {} : bought(properties);
  }

  /** The next creations meet these faults, one after the other. */
  failNext(...faults: readonly ArmFault[]): void {
    this.#faults.push(...faults);
  }

  /** From now on the cloud has this trace of shortages; faults of {@link failNext} come first. */
  suffer(...trace: readonly Shortage<ArmFault>[]): void {
    this.#shortages = trace;
  }

  /** Faults and shortages that no request has met yet will not happen any more. */
  forgetFaults(): void {
    this.#faults.length = 0;
    this.#deleteFaults.length = 0;
    this.#interruptions.length = 0;
    this.#shortages = [];
  }

  /** The next deletions meet these faults, one after the other. */
  failNextDelete(...faults: readonly ArmDeleteFault[]): void {
    this.#deleteFaults.push(...faults);
  }

  /** Every deletion is refused with this, until called without it: a lock, a role that lacks. */
  refuseDeletes(error?: ArmError): void {
    this.#deletesRefused = error;
  }

  /** What a client sent for a pool, as it stands. */
  properties(name: string): AgentPoolProperties | undefined {
    return this.#pools.get(name)?.properties;
  }

  /** The next requests of any kind are refused: throttling, an outage. */
  interrupt(...errors: readonly ArmError[]): void {
    this.#interruptions.push(...errors);
  }

  /** A pool that somebody else made: it has no Node here. */
  addForeignPool(name: string, properties: AgentPoolProperties = { vmSize: 'Standard_D4s_v5', count: 1 }): void {
    this.#pools.set(name, this.#record(name, properties, 'Succeeded', undefined));
  }

  /** The machine of a pool vanishes, as a spot machine does: the Node goes quiet, the pool stays, and nothing is billed any more. */
  async lose(name: string): Promise<void> {
    const pool = this.#pools.get(name);
    const node = this.#nodeOf(name);
    if (pool !== undefined) pool.lost = true;
    this.meter.stop(name);
    if (node === undefined) return;
    this.#nodes.detach(node.metadata.name);
    await this.#context.view.delete(kinds.nodes, node);
  }

  /** Answers one request. Also usable without a socket: a client of the SDK takes any function that sends requests. */
  async handle(request: ArmRequest): Promise<ArmResponse> {
    this.#inFlight++;
    const asked = `${request.method} ${request.url.pathname}`;
    this.requests.push(asked);
    try {
      const interruption = this.#interruptions.shift();
      if (interruption !== undefined) throw interruption;
      return routeArm(request, this.#surface());
    } catch (error) {
      if (!(error instanceof ArmError)) throw error;
      const answer = error.response();
      this.refusals.push({ request: asked, status: answer.status });
      return answer;
    } finally {
      this.#inFlight--;
    }
  }

  /** Opens an HTTPS port on the loopback interface. */
  async listen(port = 0, names: readonly string[] = []): Promise<ArmListening> {
    const listening = await serveArm((request) => this.handle(request), this.#context.clock.now(), port, names);
    this.#listening.add(listening);
    return listening;
  }

  /** Closes every port. */
  async stop(): Promise<void> {
    await Promise.all([...this.#listening].map((one) => one.close()));
    this.#listening.clear();
  }

  /** What happens to pools as time goes by. */
  controller(): Controller {
    return {
      name: 'arm',
      sources: [
        source(kinds.nodes, ({ object: { metadata } }) => {
          const pool = metadata.labels?.agentpool;
          return pool === undefined ? [] : [pool];
        }),
      ],
      begin: (add) => {
        this.#wake = add;
        return () => {
          this.#wake = () => {};
        };
      },
      reconcile: (name) => this.#advance(name),
    };
  }

  #surface() {
    const { instances, skus, audience } = this.#options;
    return {
      ...(audience === undefined ? {} : { audience }),
      cluster: this.cluster,
      location: this.location,
      token: this.token,
      pools: this.#pools,
      operations: this.#operations.all,
      skus: skus ?? Object.keys(instances),
      instances,
      now: () => this.#context.clock.now(),
      put: (name: string, properties: AgentPoolProperties) => this.#put(name, properties),
      remove: (pool: AgentPoolRecord) => this.#remove(pool),
      abort: (pool: AgentPoolRecord) => this.#abort(pool),
    };
  }

  #put(name: string, properties: AgentPoolProperties): { readonly pool: AgentPoolRecord; readonly status: 200 | 201 } {
    const existing = this.#pools.get(name);
    if (existing !== undefined) {
      refuseWhileBusy(existing);
      refuseChange(existing.properties, properties);
      this.#pools.set(name, { ...existing, properties, etag: this.#operations.id() });
      return { pool: this.#pools.get(name) ?? existing, status: 200 };
    }
    refuseInvalid(name, properties);
    refuseTooMany('create', this.#options, [...this.#pools.values()]);
    const fault = this.#faults.shift() ?? this.#shortage(properties);
    if (fault?.kind === 'refuse') {
      const { status, code, message, retryAfterSeconds } = fault;
      throw new ArmError(status, code, message, {
        flat: true,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      });
    }
    refuseSize(properties, this.#options, this.location, [...this.#pools.values()]);
    const pool = this.#record(
      name,
      properties,
      'Creating',
      fault ?? shortage(properties, this.#options, [...this.#pools.values()]),
    );
    this.#pools.set(name, pool);
    this.#operations.begin(pool);
    this.#wake(pool.name);
    return { pool, status: 201 };
  }

  #shortage(properties: AgentPoolProperties): ArmFault | undefined {
    const { vmSize = '' } = properties;
    return shortageAt(this.#shortages, this.#context.clock.now(), { instanceType: vmSize, ...bought(properties) });
  }

  #remove(pool: AgentPoolRecord): void {
    if (pool.state === 'Deleting') return;
    if (this.#deletesRefused !== undefined) throw this.#deletesRefused;
    refuseWhileBusy(pool);
    refuseTooMany('delete', this.#options, [...this.#pools.values()]);
    pool.state = 'Deleting';
    pool.deletingSince = this.#context.clock.now();
    const fault = this.#deleteFaults.shift();
    if (fault !== undefined) pool.deleteFault = fault;
    this.#operations.begin(pool);
    this.#wake(pool.name);
  }

  /** Ends a creation that is on its way; the machine, if there is one, stays until the pool is deleted. */
  #abort(pool: AgentPoolRecord): void {
    if (pool.state !== 'Creating' && pool.state !== 'Updating')
      throw new ArmError(400, 'InvalidOperation', 'There is no operation in progress that could be aborted.', {
        flat: true,
      });
    this.#operations.end(pool, 'Canceled');
  }

  /** What the clock says has happened to a pool by now. */
  async #advance(name: string): Promise<Again | undefined> {
    const pool = this.#pools.get(name);
    if (pool === undefined) return undefined;
    if (pool.state === 'Deleting') return this.#finish(pool);
    if (pool.state === 'Failed' || pool.state === 'Canceled' || pool.lost) return undefined;
    const shape = this.#options.instances[pool.properties.vmSize ?? ''];
    if (shape === undefined) return undefined;
    const now = this.#context.clock.now();
    const { launch = 0, join = 0, gpu = 0 } = this.#options.delays ?? {};
    const launchedAt = pool.requestedAt + launch;
    if (now < launchedAt) return { afterMs: launchedAt - now };
    if (pool.fault?.kind === 'never-launches') return undefined;
    if (pool.fault?.kind === 'fails') {
      this.#operations.end(pool, 'Failed', { code: pool.fault.code, message: pool.fault.message });
      return undefined;
    }
    this.meter.start(name, pool.properties.vmSize ?? '', bought(pool.properties));
    if (pool.fault?.kind === 'stuck') return undefined;
    if (now < launchedAt + join) return { afterMs: launchedAt + join - now };
    if (pool.fault?.kind !== 'never-joins') {
      const shown = pool.fault?.kind !== 'never-shows-gpu' && now >= launchedAt + join + gpu;
      await this.#keepNode(pool, shown);
    }
    if (pool.state === 'Creating') this.#operations.end(pool, 'Succeeded');
    const gpuIn = launchedAt + join + gpu - now;
    return pool.fault === undefined && gpuIn > 0 ? { afterMs: gpuIn } : undefined;
  }

  async #keepNode(pool: AgentPoolRecord, gpusShown: boolean): Promise<void> {
    const { view, clock } = this.#context;
    const shape = this.#options.instances[pool.properties.vmSize ?? ''] ?? { cpu: 0, memory: '0' };
    let node = this.#nodeOf(pool.name);
    if (node === undefined) {
      const made = poolNode(pool, this.location, shape, gpusShown, clock.now());
      node = await view.create(kinds.nodes, made);
      node = await writeStatus(view, kinds.nodes, node, made.status as object);
    }
    this.#nodes.attach(node.metadata.name);
    if (!gpusShown || (shape.gpus ?? 0) === 0 || node.status?.allocatable?.['nvidia.com/gpu'] !== undefined) return;
    const { capacity, allocatable } = nodeStatus(node.metadata.name, shape, true, clock.now()) as {
      readonly capacity: object;
      readonly allocatable: object;
    };
    await view.merge(kinds.nodes, node, { status: { capacity, allocatable } }, 'status');
  }

  async #finish(pool: AgentPoolRecord): Promise<Again | undefined> {
    if (pool.deleteFault?.kind === 'stuck') return undefined;
    const left = (pool.deletingSince ?? 0) + (this.#options.delays?.terminate ?? 0) - this.#context.clock.now();
    if (left > 0) return { afterMs: left };
    this.meter.stop(pool.name);
    const node = this.#nodeOf(pool.name);
    if (node !== undefined) {
      this.#nodes.detach(node.metadata.name);
      if (pool.deleteFault?.kind !== 'leaves-node') await this.#context.view.delete(kinds.nodes, node);
    }
    this.#pools.delete(pool.name);
    this.#operations.settle(pool, 'Succeeded');
    return undefined;
  }

  #record(
    name: string,
    properties: AgentPoolProperties,
    state: AgentPoolRecord['state'],
    fault: ArmFault | undefined,
  ): AgentPoolRecord {
    const requestedAt = this.#context.clock.now();
    return { name, properties, state, fault, requestedAt, etag: this.#operations.id(), operation: '' };
  }

  #nodeOf(pool: string): NodeObject | undefined {
    return this.#context.view.mirror(kinds.nodes).get(undefined, poolNodeName(pool));
  }
}
