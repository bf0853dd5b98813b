#!/usr/bin/env node
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectoryError } from './api-server.js';
import { AuditFile } from './audit-file.js';
import { systemClock } from './clock.js';
import { type CommandLine, parseCommandLine, UsageError, usage } from './command-line.js';
import { messageOf } from './controllers/api-failure.js';
import { DevCluster } from './dev-cluster.js';
import { audit } from './http/audit.js';
import { KubeconfigTaken, refuseTaken, writeKubeconfig } from './http/kubeconfig-file.js';

async function main(args: readonly string[]): Promise<void> {
  const options = parseCommandLine(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  if (options.kubeconfig !== undefined) refuseOthers(options.kubeconfig);
  const crds = options.crds === undefined ? undefined : await import('./crd-files.js');
  const definitions = crds?.readCrds(options.crds ?? '') ?? [];
  const auditFile = options.audit === undefined ? undefined : AuditFile.open(options.audit);
  const cluster = await start(options);
  if (auditFile !== undefined) {
    cluster.server.middlewares.unshift(audit(systemClock, (event) => auditFile.write(event)));
  }
  let folder: string | undefined;
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    await cluster.stop();
    auditFile?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    process.exitCode = code;
  };
  process.once('SIGINT', () => void stop(0));
  process.once('SIGTERM', () => void stop(0));
  try {
    await crds?.installCrds(cluster.client, definitions);
    const server = await cluster.listen({ port: options.port }).catch((error: unknown) => {
      throw new UsageError(`--port: cannot listen on ${options.port}: ${messageOf(error)}`);
    });
    if (options.kubeconfig === undefined) folder = mkdtempSync(join(tmpdir(), 'devcluster-'));
    const file = options.kubeconfig ?? join(folder ?? '.', 'kubeconfig');
    try {
      writeKubeconfig(file, server.kubeconfig());
    } catch (error) {
      throw new UsageError(`--kubeconfig: cannot write ${file}: ${messageOf(error)}`);
    }
    console.log(`export KUBECONFIG=${file}`);
    console.log(`ready ${server.url} kubeconfig=${file}`);
  } catch (error) {
    await stop(1);
    throw error;
  }
}

/** Before anything is started. */
function refuseOthers(file: string): void {
  try {
    refuseTaken(file);
  } catch (error) {
    if (error instanceof KubeconfigTaken) throw new UsageError(`--kubeconfig: ${error.message}`);
    throw new UsageError(`--kubeconfig: cannot write ${file}: ${messageOf(error)}`);
  }
}

async function start({ nodes, data }: CommandLine): Promise<DevCluster> {
  try {
    return await DevCluster.start({
      nodes: Array.from({ length: nodes }, (_, i) => ({
        name: `node-${i + 1}`,
        shape: { cpu: 4, memory: '16Gi', gpus: 1 },
      })),
      ...(data === undefined ? {} : { data }),
      onFailure: (controller, key, error) => console.error(`${controller} ${key}: ${messageOf(error)}; trying again`),
    });
  } catch (error) {
    if (error instanceof DataDirectoryError) throw new UsageError(`--data: ${error.message}`);
    throw error;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`kaito-devcluster: ${messageOf(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
