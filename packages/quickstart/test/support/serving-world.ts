import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  CRDS,
  crdOf,
  type KubeObject,
  kindOf,
  type Operator,
  type ResourceKind,
  RestClient,
  silentLog,
  systemClock,
  WORKSPACES,
  Workspace,
} from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import type { ImageProgram } from '@kaito-sdk/devcluster';
import { installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';
import { parseAllDocuments } from 'yaml';
import { exchange } from '../../dist/exchange.js';
import { type QuickCluster, startQuickCluster } from '../../dist/quick-cluster.js';

export interface ServingWorldOptions {
  /** More of the operator's configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Settings of the inference runtimes. */
  readonly inference?: Readonly<Record<string, unknown>>;
  readonly images?: readonly ImageProgram[];
}

const PACKAGE = createRequire(import.meta.url).resolve('@kaito-sdk/operator');

/** The operator on a cluster whose pods are processes of this machine, in real time: manifests go in, answers come out. */
export class ServingWorld {
  private constructor(
    readonly cluster: QuickCluster,
    readonly client: RestClient,
    private readonly operator: Operator,
    private readonly law: PlanBeforeSpend,
  ) {}

  static async start({ config = {}, inference = {}, images = [] }: ServingWorldOptions = {}): Promise<ServingWorld> {
    const settings = (cloud: object) =>
      operatorConfig(
        { ...config, config: { ...cloud, '@kaito-sdk/runtime-inference': inference, ...(config.config as object) } },
        'the test',
      );
    const known = await installPlugins(settings({}), PACKAGE, systemClock);
    const instances = known.capabilities.instances.flatMap((catalog) => catalog.instances());
    const cluster = await startQuickCluster({ instances, provisioner: 'karpenter', nodeDelayMs: 0, programs: images });
    try {
      const { plugin, settings: cloud } = cluster.cloud;
      const installed = await installPlugins(settings({ [plugin]: cloud }), PACKAGE, systemClock);
      const { transport } = cluster;
      const client = new RestClient({ transport, clock: systemClock, random: Math.random, fieldManager: 'a-user' });
      await client.create(CRDS, crdOf(Workspace));
      const law = new PlanBeforeSpend((owner) => client.get(WORKSPACES, owner.namespace, owner.name));
      const operator = kaitoOperator({
        installed: { ...installed, provisioner: law.over(installed.provisioner) },
        transport,
        clock: systemClock,
        random: Math.random,
        log: silentLog,
      });
      await operator.start();
      return new ServingWorld(cluster, client, operator, law);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Applies every object of a manifest as kubectl would; words in it are replaced first. */
  async applyFile(file: string | URL, words: Readonly<Record<string, string>> = {}): Promise<readonly KubeObject[]> {
    const text = Object.entries(words).reduce(
      (whole, [from, to]) => whole.replaceAll(from, to),
      await readFile(file, 'utf8'),
    );
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
    for (const object of objects) await this.apply(object);
    return objects;
  }

  async apply(object: KubeObject): Promise<void> {
    const namespace = kindOf(object).namespaced ? { namespace: object.metadata.namespace ?? 'default' } : {};
    const placed = { ...object, metadata: { ...object.metadata, ...namespace } };
    await this.client.apply(kindOf(object), placed, { fieldManager: 'a-user', force: true });
  }

  async get(resource: ResourceKind, name: string): Promise<KubeObject | undefined> {
    return this.client.get(resource, 'default', name);
  }

  async workspace(name: string): Promise<Workspace> {
    const found = (await this.get(WORKSPACES, name)) as unknown as Workspace | undefined;
    if (!found) throw new Error(`there is no Workspace ${name}`);
    return found;
  }

  async condition(name: string, type: string) {
    const { status, metadata } = await this.workspace(name);
    const found = status?.conditions?.find((one) => one.type === type);
    // What was said about an earlier specification is not said about this one.
    return found?.observedGeneration === metadata.generation ? found : undefined;
  }

  /** Looks again with each change of the Workspace until something holds. */
  async until<T>(name: string, look: () => Promise<T | undefined | false>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await this.workspace(name);
    }
  }

  async untilReady(name: string): Promise<void> {
    await this.until(name, async () => (await this.condition(name, 'WorkspaceReady'))?.status === 'True');
  }

  async untilReason(name: string, type: string, reason: string): Promise<string> {
    return this.until(name, async () => {
      const found = await this.condition(name, type);
      return found?.reason === reason && found.message;
    });
  }

  /** One request to the Service of a Workspace, through the API server's proxy. */
  async post(name: string, path: string, body: object): Promise<{ readonly status: number; readonly body: string }> {
    return exchange(this.cluster.transport, {
      method: 'POST',
      path: `/api/v1/namespaces/default/services/${name}:80/proxy${path}`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async request(method: 'GET', path: string): Promise<{ readonly status: number; readonly body: string }> {
    return exchange(this.cluster.transport, { method, path });
  }

  /** The answer of `POST /chat`, without the prompt. */
  async chat(name: string, prompt: string): Promise<string> {
    const { status, body } = await this.post(name, '/chat', { prompt, return_full_text: false });
    if (status !== 200) throw new Error(`POST /chat answered ${status}: ${body}`);
    return (JSON.parse(body) as { Result: string }).Result.trim();
  }

  async events(): Promise<readonly string[]> {
    const { items } = await this.client.list({
      group: 'events.k8s.io',
      version: 'v1',
      plural: 'events',
      kind: 'Event',
      namespaced: true,
    });
    return items.map((event) => (event as unknown as { reason: string }).reason);
  }

  async stop(): Promise<void> {
    await this.operator.stop();
    await this.cluster.stop();
    this.law.verify();
  }
}
