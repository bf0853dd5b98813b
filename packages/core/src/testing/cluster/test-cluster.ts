import { ApiServer, VirtualClock } from '@kaito-sdk/devcluster';
import type { Operator, OperatorOptions } from '../../engine/operator.js';
import type { KubeClient } from '../../kube/client.js';
import { CRDS, NAMESPACES } from '../../kube/kinds.js';
import type { KubeObject, ResourceKind } from '../../kube/objects.js';
import { RestClient } from '../../kube/rest-client.js';
import type { Transport } from '../../kube/transport.js';
import { FaultInjector } from './fault-injector.js';
import { Journal } from './journal.js';
import { plainState } from './plain-state.js';
import { seeded } from './seeded.js';

export interface TestClusterOptions {
  /** CustomResourceDefinitions to install. */
  readonly crds?: readonly object[];
  /** Beside `default`. */
  readonly namespaces?: readonly string[];
  /** Of everything random in the operators. @default 1 */
  readonly seed?: number;
}

/** What an operator under test is made of: pass it on to `new Operator({ ...parts, name })`. */
export type OperatorParts = Pick<OperatorOptions, 'transport' | 'clock' | 'random'>;

/** Makes an operator and adds its controllers, as `main` would. It is started by the {@link TestCluster}. */
export type MakeOperator = (parts: OperatorParts) => Operator;

/**
 * An API server in this process and in virtual time, for testing operators: hours pass in milliseconds, every request is in
 * the journal, and any of them can be made to fail.
 *
 * ```ts
 * const cluster = await TestCluster.start({ crds: [crd(Greeting)] });
 * await cluster.run(greetingOperator);
 * await cluster.client.create(GREETINGS, greeting);
 * await cluster.settle();
 * ```
 */
export class TestCluster {
  readonly clock = new VirtualClock();
  readonly journal = new Journal();
  /** Between the operators and the server; the test's own {@link TestCluster.client} is spared. */
  readonly faults = new FaultInjector();
  /** As an administrator, past journal and faults. */
  readonly client: KubeClient;
  readonly server: ApiServer;
  private readonly random: () => number;
  private readonly running = new Map<Operator, { cut: boolean }>();
  private started = 0;

  private constructor(seed: number) {
    this.server = new ApiServer({ clock: this.clock });
    this.random = seeded(seed);
    this.client = new RestClient({
      transport: this.server.transport,
      clock: this.clock,
      random: this.random,
      fieldManager: 'test',
    });
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options.seed ?? 1);
    for (const crd of options.crds ?? []) await cluster.client.create(CRDS, crd as KubeObject);
    for (const name of options.namespaces ?? []) {
      await cluster.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    await cluster.settle();
    return cluster;
  }

  /**
   * Starts an operator and lets it come to rest. `between` puts something between it and the server, such as a `Chaos`.
   * Each gets its own name in the journal: `operator-1`, `operator-2`, …
   */
  async run(make: MakeOperator, between: (transport: Transport) => Transport = (same) => same): Promise<Operator> {
    const wire = { cut: false };
    const journalled = this.journal.over(this.server.transport, `operator-${++this.started}`);
    const transport = between(this.faults.over(cuttable(journalled, wire)));
    const operator = make({ transport, clock: this.clock, random: this.random });
    this.running.set(operator, wire);
    void operator.start().catch(() => undefined);
    await this.settle();
    return operator;
  }

  /** As good as kill -9: from this moment on, nothing it does arrives. */
  async crash(operator: Operator): Promise<void> {
    const wire = this.running.get(operator);
    if (wire !== undefined) wire.cut = true;
    this.running.delete(operator);
    operator.cache.stop();
    void operator.stop();
    await this.settle();
  }

  /** Lets everything come to rest that needs no time to pass. */
  async settle(): Promise<void> {
    await this.clock.settle();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Moves time on until `reached` holds. @throws when it does not within `limitMs` of virtual time. */
  async until(reached: () => boolean | Promise<boolean>, limitMs = 3_600_000): Promise<void> {
    await this.clock.advanceUntil(reached, limitMs);
  }

  /** The objects of these kinds without what differs from run to run: uids, versions, times. Two runs that came to the same are deeply equal. */
  async state(resources: readonly ResourceKind[]): Promise<readonly unknown[]> {
    const lists = await Promise.all(resources.map((resource) => this.client.list(resource)));
    return plainState(lists.flatMap(({ items }) => items));
  }

  /** Stops every operator and the server. */
  async stop(): Promise<void> {
    const stops = [...this.running.keys()].map((operator) => operator.stop());
    await this.settle();
    await this.advance(31_000);
    await Promise.all(stops);
    await this.server.stop();
  }
}

function cuttable(transport: Transport, wire: { readonly cut: boolean }): Transport {
  return {
    async request(request) {
      if (wire.cut) throw new Error('the process is dead');
      return transport.request(request);
    },
  };
}
