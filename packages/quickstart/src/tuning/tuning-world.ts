import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CRDS,
  crdOf,
  type KubeObject,
  kindOf,
  type Log,
  type Operator,
  RestClient,
  silentLog,
  systemClock,
  WORKSPACES,
  Workspace,
} from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { ggufToFolder, tinyModelPath } from '@kaito-sdk/inference-server';
import { installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';
import { adapterLoader } from '@kaito-sdk/runtime-inference/stand-ins';
import { tuningPrograms } from '@kaito-sdk/runtime-tuning/stand-ins';
import { type QuickCluster, startQuickCluster } from '../quick-cluster.js';
import type { LocalServer } from './local-server.js';
import { serveModelHub } from './model-hub.js';

export interface TuningWorldProps {
  /** The Python of the trainer's environment. */
  readonly python: string;
  /** From the claim to a node whose GPUs show. */
  readonly nodeDelayMs: number;
  readonly log?: Log;
  /** More of the environment of the programs in pods. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Sizes of the tiny model, against which adapters are checked here: it is what answers. */
const TINY = { layers: 4, hiddenSize: 128, intermediateSize: 384, attentionHeads: 2, kvHeads: 2, headDim: 64 };

/**
 * All that a tuning needs, on one machine: a cluster whose pods are processes, with one plain node and a cloud that sells GPU nodes; a
 * model hub that gives the tiny model for every name; the operator. The programs of the pods are the production ones.
 */
export class TuningWorld {
  private constructor(
    readonly cluster: QuickCluster,
    readonly client: RestClient,
    readonly operator: Operator,
    private readonly closers: readonly (() => Promise<void>)[],
  ) {}

  static async start({ python, nodeDelayMs, log = silentLog, env = {} }: TuningWorldProps): Promise<TuningWorld> {
    const closers: (() => Promise<void>)[] = [];
    try {
      const folder = await mkdtemp(join(tmpdir(), 'kaito-tiny-'));
      closers.push(() => rm(folder, { recursive: true, force: true }));
      await ggufToFolder(tinyModelPath, folder);
      const hub = await serveModelHub(folder);
      closers.push(() => hub.close());
      const installed = await installPlugins(configuration(hub), operatorPackage(), systemClock);
      const cluster = await startQuickCluster({
        instances: installed.capabilities.instances.flatMap((catalog) => catalog.instances()),
        provisioner: 'karpenter',
        nodeDelayMs,
        programs: [...tuningPrograms({ python, env }), adapterLoader({ model: TINY })],
        plainNodes: ['plain-1'],
      });
      closers.push(() => cluster.stop());
      const { transport } = cluster;
      const random = Math.random;
      const client = new RestClient({ transport, clock: systemClock, random, fieldManager: 'kaito-quickstart' });
      await client.create(CRDS, crdOf(Workspace));
      // What the project promises is watched here too: a node without a Plan ends the run.
      const law = new PlanBeforeSpend((owner) => client.get(WORKSPACES, owner.namespace, owner.name));
      closers.push(async () => law.verify());
      const operator = kaitoOperator({
        installed: { ...installed, provisioner: law.over(installed.provisioner) },
        transport,
        clock: systemClock,
        random,
        log,
      });
      closers.push(() => operator.stop());
      await operator.start();
      return new TuningWorld(cluster, client, operator, closers);
    } catch (error) {
      for (const close of closers.reverse()) await close();
      throw error;
    }
  }

  async apply(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.client.create(kindOf(object), object);
  }

  workspace(name: string): Workspace | undefined {
    return this.operator.cache.informer(WORKSPACES).get('default', name) as Workspace | undefined;
  }

  /** Waits until a Workspace is as wanted, driven by its watch; the caller bounds the time. */
  until(name: string, holds: (workspace: Workspace) => boolean): Promise<Workspace> {
    return new Promise((resolve) => {
      const end = this.operator.cache.informer(WORKSPACES).subscribe(({ type, object }) => {
        if (type === 'deleted' || object.metadata.name !== name) return;
        const workspace = object as unknown as Workspace;
        if (!holds(workspace)) return;
        queueMicrotask(() => end());
        resolve(workspace);
      });
    });
  }

  async stop(): Promise<void> {
    for (const close of [...this.closers].reverse()) await close();
  }
}

function configuration(hub: LocalServer) {
  return operatorConfig(
    {
      provisioner: 'karpenter',
      config: {
        '@kaito-sdk/provider-karpenter': { retired: 'warn' },
        // Data, hub and registry are on this machine: a private address.
        '@kaito-sdk/runtime-tuning': { privateDataUrls: true, hubEndpoint: hub.url },
      },
    },
    'the tuning world',
  );
}

function operatorPackage(): string {
  return createRequire(import.meta.url).resolve('@kaito-sdk/operator');
}

/** A Secret with which a registry takes pushes and gives images. */
export function dockerSecret(name: string, host: string, username: string, password: string): KubeObject {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { [host]: { auth } } })).toString('base64') },
  } as KubeObject;
}
