#!/usr/bin/env node
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine, UsageError, usage } from './command-line.js';
import { messageOf } from './controllers/api-failure.js';
import { readCrds } from './crd-files.js';
import { DevCluster } from './dev-cluster.js';
import { kinds } from './kinds.js';

async function main(args: readonly string[]): Promise<void> {
  const options = parseCommandLine(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  const definitions = options.crds === undefined ? [] : readCrds(options.crds);
  const nodes = Array.from({ length: options.nodes }, (_, i) => ({
    name: `node-${i + 1}`,
    shape: { cpu: 4, memory: '16Gi', gpus: 1 },
  }));
  const cluster = await DevCluster.start({
    nodes,
    onFailure: (controller, key, error) => console.error(`${controller} ${key}: ${messageOf(error)}; trying again`),
  });
  let folder: string | undefined;
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    await cluster.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    process.exitCode = code;
  };
  process.once('SIGINT', () => void stop(0));
  process.once('SIGTERM', () => void stop(0));
  try {
    for (const { file, object } of definitions) {
      await cluster.client.create(kinds.customResourceDefinitions, object).catch((error: unknown) => {
        throw new UsageError(`--crds: the API server refuses ${file}: ${messageOf(error)}`);
      });
    }
    const server = await cluster.listen({ port: options.port }).catch((error: unknown) => {
      throw new UsageError(`--port: cannot listen on ${options.port}: ${messageOf(error)}`);
    });
    if (options.kubeconfig === undefined) folder = mkdtempSync(join(tmpdir(), 'devcluster-'));
    const file = options.kubeconfig ?? join(folder ?? '.', 'kubeconfig');
    try {
      // It holds the administrator's token.
      writeFileSync(file, server.kubeconfig(), { mode: 0o600 });
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

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`kaito-devcluster: ${messageOf(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
