import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CRDS,
  crdOf,
  KubeError,
  type KubeObject,
  kindOf,
  RestClient,
  silentLog,
  systemClock,
  textLog,
  WORKSPACES,
  Workspace,
} from '@kaito-sdk/core';
import { PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { installPlugins, kaitoOperator, operatorConfig } from '@kaito-sdk/operator';
import { ask } from './ask.js';
import { QuickstartFailure } from './failure.js';
import { readManifest } from './manifest.js';
import type { QuickstartOptions } from './options.js';
import { followProgress, type Verdict, whyNotReady } from './progress.js';
import { type QuickCluster, startQuickCluster } from './quick-cluster.js';
import { kubectlTable } from './table.js';
import type { TimelineEntry, TimelineSink } from './timeline.js';

/** Named in errors about the configuration. */
const HERE = 'the quick start';
const QUICK_START = 'kaito_workspace_phi_3.yaml';

/** A run that got its answer and is still up. */
export interface Quickstart {
  readonly cluster: QuickCluster;
  readonly workspace: KubeObject;
  readonly answer: string;
  /** The rows that kubectl prints. */
  readonly workspaceTable: string;
  readonly serviceTable: string;
  /** Local address of the Service. */
  readonly url: string;
  readonly timeline: readonly TimelineEntry[];
  ask(prompt: string, signal?: AbortSignal): Promise<string>;
  stop(): Promise<void>;
}

/**
 * The whole way: a cluster, the operator, the manifest, the node, the model, the answer. Nothing is left behind when it fails or
 * is interrupted.
 */
export async function quickstart(
  options: QuickstartOptions,
  timeline: TimelineSink,
  signal: AbortSignal,
): Promise<Quickstart> {
  const started = systemClock.now();
  const entries: TimelineEntry[] = [];
  const happened = (entry: Omit<TimelineEntry, 'atMs'>) => {
    const timed = { ...entry, atMs: systemClock.now() - started };
    entries.push(timed);
    timeline.add(timed);
  };
  const manifest = await readManifest(options.file ?? bundledManifest());
  const { tuning, inference } = manifest.workspace as unknown as Workspace;
  if (tuning !== undefined && inference === undefined) {
    throw new QuickstartFailure(
      'tuning: a tuned model answers no question by itself; npm run demo:tuning shows the way from the data to the answer',
    );
  }
  signal.throwIfAborted();
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  try {
    const { provisioner } = options;
    const known = await installPlugins(operatorConfig({ provisioner }, HERE), operatorPackage(), systemClock);
    const instances = known.capabilities.instances.flatMap((catalog) => catalog.instances());
    const cluster = await startQuickCluster({ instances, provisioner, nodeDelayMs: options.nodeDelayMs });
    closers.push(() => cluster.stop());
    const cloud = provisioner === 'aks' ? 'simulated Azure Resource Manager' : 'simulated GPU cloud';
    happened({ what: 'cluster up', detail: `API server at ${cluster.url}, ${cloud}`, tone: 'progress' });
    // Only now is it known where the cloud is.
    const { plugin, settings } = cluster.cloud;
    const config = operatorConfig({ provisioner, config: { [plugin]: settings } }, HERE);
    const installed = await installPlugins(config, operatorPackage(), systemClock);

    const { transport } = cluster;
    const random = Math.random;
    const client = new RestClient({ transport, clock: systemClock, random, fieldManager: 'kaito-quickstart' });
    await client.create(CRDS, crdOf(Workspace));
    // What the project promises is watched here too: a node without a Plan ends the run.
    const law = new PlanBeforeSpend((owner) => client.get(WORKSPACES, owner.namespace, owner.name));
    const operator = kaitoOperator({
      installed: { ...installed, provisioner: law.over(installed.provisioner) },
      transport,
      clock: systemClock,
      random,
      log: options.verbose ? textLog({ clock: systemClock, level: 'debug', write: complain }) : silentLog,
    });
    closers.push(() => operator.stop());
    await operator.start();
    happened({ what: 'operator up', detail: `plugins ${config.plugins.join(', ')}`, tone: 'progress' });

    const verdict = new Promise<Verdict>((resolve) => {
      const listener = { happened, waitingFor: (what: string) => timeline.waiting(what), verdict: resolve };
      const unfollow = followProgress(operator.cache, manifest.workspace, listener, {
        claims: provisioner === 'karpenter',
      });
      closers.push(async () => unfollow());
    });
    for (const object of manifest.objects) await applyManifest(client, object);
    happened({ what: 'applied', detail: `Workspace ${manifest.workspace.metadata.name}`, tone: 'progress' });

    const outcome = await within(verdict, options.timeoutMs, signal, () => {
      const { namespace, name } = manifest.workspace.metadata;
      const workspace = operator.cache.informer(WORKSPACES).get(namespace, name) as Workspace | undefined;
      return `not ready after ${options.timeoutMs / 1000} s: ${whyNotReady(workspace)}`;
    });
    law.verify();
    if (!outcome.ready) throw new QuickstartFailure(outcome.reason);
    const answer = await ask(transport, manifest.workspace, options.prompt, signal);
    happened({ what: 'answered', detail: 'POST /chat through the Service', tone: 'done' });
    timeline.close();

    const { namespace, name } = manifest.workspace.metadata;
    const url = await cluster.forward(manifest.workspace, 80);
    return {
      cluster,
      workspace: manifest.workspace,
      answer,
      workspaceTable: await kubectlTable(
        transport,
        `/apis/kaito.sh/v1beta1/namespaces/${namespace}/workspaces/${name}`,
      ),
      serviceTable: await kubectlTable(transport, `/api/v1/namespaces/${namespace}/services/${name}`),
      url,
      timeline: entries,
      ask: (prompt, abort) => ask(transport, manifest.workspace, prompt, abort),
      stop,
    };
  } catch (error) {
    timeline.close();
    await stop();
    throw error;
  }
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function applyManifest(client: RestClient, object: KubeObject): Promise<void> {
  try {
    // As kubectl has it: a misspelt field would be dropped, and another machine bought than was meant.
    await client.create(kindOf(object), object, { fieldValidation: 'Strict' });
  } catch (error) {
    if (!KubeError.is(error)) throw error;
    throw new QuickstartFailure(
      `${object.kind} ${object.metadata.name} was refused by the API server: ${error.message}`,
    );
  }
}

/** The promise's value, or a failure when it takes too long; rejects at once when interrupted. Leaves no timer behind. */
async function within<T>(promise: Promise<T>, ms: number, signal: AbortSignal, late: () => string): Promise<T> {
  let giveUp = (_reason: unknown) => {};
  const ending = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  const interrupted = () => giveUp(signal.reason);
  signal.addEventListener('abort', interrupted, { once: true });
  const cancel = systemClock.after(ms, () => giveUp(new QuickstartFailure(late())));
  try {
    return await Promise.race([promise, ending]);
  } finally {
    cancel();
    signal.removeEventListener('abort', interrupted);
  }
}

/** The quick-start manifest: beside this package's code when it was installed, among the examples in the repository. */
function bundledManifest(): string {
  const home = join(dirname(fileURLToPath(import.meta.url)), '..');
  const packed = join(home, 'manifests', QUICK_START);
  return existsSync(packed) ? packed : join(home, '..', '..', 'examples', 'inference', QUICK_START);
}

function operatorPackage(): string {
  return createRequire(import.meta.url).resolve('@kaito-sdk/operator');
}
