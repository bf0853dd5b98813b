import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CRDS,
  catalogue,
  KaitoError,
  type ProvisionerPlugin,
  systemClock,
  textLog,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import type { OperatorConfig } from '../config/operator-config.js';
import { configFrom } from '../config-file.js';
import { crds } from '../crds.js';
import { type Installed, installPlugins } from '../plugins.js';
import { serveOperator } from '../serve-operator.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { devPods } from './dev-pods.js';
import { timeOf } from './time.js';

/** `kaito dev`: a cluster in this process, with a simulated cloud and the operator, for kubectl. */
export const devCommand: Command = {
  name: 'dev',
  summary: 'a cluster in this process with a simulated GPU cloud and the operator, for kubectl',
  usage: `Usage: kaito dev [options]

  --config FILE        the operator's configuration, with provisioner karpenter   [the bundled plugins]
  --kubeconfig FILE    where to write the way in; never over one of other clusters [a temporary file]
  --port N             of the API server                                           [a free one]
  --node-delay TIME    until a node has its GPUs: 500ms, 5s, 2m; a number is seconds  [3]
  --no-operator        the cluster alone: run your own with kaito operator --kubeconfig FILE

Pods are simulated: they get ready without running anything, so nothing answers behind a Service. npm start in the repository of the SDK
runs a real server. Without --config also machines that clouds have retired are to be had, with a warning. Needs the package
@kaito-sdk/devcluster. Ends on Ctrl-C. Exit codes: 0 told to stop; 1 failed; 2 wrong usage.
`,
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        kubeconfig: { type: 'string' },
        port: { type: 'string' },
        'node-delay': { type: 'string' },
        'no-operator': { type: 'boolean' },
      },
    });
    const port = portOf(values.port ?? '0');
    const nodeDelay = timeOf('--node-delay', values['node-delay'] ?? '3s');
    const { config: given, from } = await configFrom(values.config);
    const config = withoutExchange(given);
    const plugins = await installPlugins(config, from, systemClock);
    const installed = values.config === undefined ? withRetired(plugins) : plugins;
    const instances = installed.capabilities.instances.flatMap((catalog) => catalog.instances());
    const { DevCluster, KubeconfigTaken, refuseTaken, smoothScript, writeKubeconfig } = await devcluster();
    try {
      if (values.kubeconfig !== undefined) refuseTaken(values.kubeconfig);
    } catch (error) {
      if (error instanceof KubeconfigTaken) throw devErrors.DEV_KUBECONFIG_TAKEN(error.message);
      throw error;
    }
    const workspaces = new Map<string, Workspace>();
    const cluster = await DevCluster.start({
      script: devPods(smoothScript, (namespace, name) => workspaces.get(`${namespace}/${name}`)),
      // Where pods without a GPU run, as in any cluster: the look at the data of a tuning.
      nodes: [{ name: 'system-1' }],
      karpenter: {
        instances: Object.fromEntries(
          instances.map(({ name, gpu }) => [
            name,
            { cpu: 24, memory: '220Gi', gpus: gpu.count, ephemeralStorage: '1Ti' },
          ]),
        ),
        delays: { launch: nodeDelay / 3, join: nodeDelay / 3, gpu: nodeDelay / 3 },
      },
    });
    const folder = mkdtempSync(join(tmpdir(), 'kaito-dev-'));
    try {
      for (const crd of crds()) await cluster.client.create(CRDS, crd as never);
      cluster.client.watch(WORKSPACES, {}, ({ object }) => {
        workspaces.set(`${object.metadata.namespace}/${object.metadata.name}`, object as unknown as Workspace);
      });
      const listening = await cluster.listen({ port }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') throw devErrors.DEV_PORT_TAKEN(port);
        throw error;
      });
      const file = values.kubeconfig ?? join(folder, 'kubeconfig');
      writeKubeconfig(file, listening.kubeconfig());
      const ready = () => io.out(`export KUBECONFIG=${file}\n`);
      if (values['no-operator'] === true) {
        ready();
        if (!io.signal.aborted) await new Promise((resolve) => io.signal.addEventListener('abort', resolve));
        return 0;
      }
      await serveOperator({
        config: alone(config),
        installed,
        transport: cluster.transport,
        clock: systemClock,
        random: Math.random,
        log: textLog({ clock: systemClock, write: (line) => io.err(`${line}\n`) }),
        signal: io.signal,
        started: ready,
      });
      return 0;
    } finally {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** The operator as one of a cluster of its own: nobody to lead, nobody who asks for its health, and no server that would call its webhooks. */
function alone(config: OperatorConfig): OperatorConfig {
  return {
    ...config,
    leaderElection: false,
    http: { ...config.http, enabled: false },
    webhooks: { ...config.webhooks, enabled: false },
  };
}

const INFERENCE = '@kaito-sdk/runtime-inference';

/** No program runs in simulated pods that would exchange adapters under the engine, and say so: another pod is made, unless that is asked for. */
function withoutExchange(config: OperatorConfig): OperatorConfig {
  if (!config.plugins.includes(INFERENCE)) return config;
  const own = config.config[INFERENCE] as object | undefined;
  return { ...config, config: { ...config.config, [INFERENCE]: { liveAdapters: false, ...own } } };
}

/** A simulated cloud still has the machines that a real one has retired, those of KAITO's quick start among them: a warning instead of a refusal. */
function withRetired(installed: Installed): Installed {
  const provisioner: ProvisionerPlugin = { ...installed.provisioner, retired: 'warn' };
  return { ...installed, provisioner, catalogs: () => ({ ...installed.catalogs(), provisioner }) };
}

async function devcluster(): Promise<typeof import('@kaito-sdk/devcluster')> {
  try {
    return await import('@kaito-sdk/devcluster');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new KaitoError(
      'DEVCLUSTER_MISSING',
      'kaito dev needs the package @kaito-sdk/devcluster, which is not installed: npm install --save-dev @kaito-sdk/devcluster',
    );
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new UsageError(`--port takes a number from 0 (a free one) to 65535, not "${text}"`);
}

const devErrors = catalogue({
  DEV_PORT_TAKEN: (port: number) =>
    `something listens on port ${port} of this machine already: name another with --port, or leave it out for a free one`,
  DEV_KUBECONFIG_TAKEN: (taken: string) => `--kubeconfig: ${taken}, or leave the option out for a temporary one`,
});
