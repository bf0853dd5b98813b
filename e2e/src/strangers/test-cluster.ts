import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODES } from '@kaito-sdk/core';
import { DevCluster, type DevClusterOptions } from '@kaito-sdk/devcluster';
import { type CommandResult, ControlPlane } from '../control-plane.js';
import { type Member, ProcessGroup } from '../process-group.js';
import { programs } from '../programs.js';
import { runCommand } from './run-command.js';
import { kwokAndKarpenter, kwokStages } from './stranger-programs.js';

/** A cluster as a client that no one here wrote sees it: an address, a token, and nothing else. */
export interface TestCluster {
  readonly url: string;
  readonly token: string;
  readonly caPem: string;
  /** A file that only tells where the cluster is and who one is. */
  readonly kubeconfig: string;
  /** Removed by {@link stop}. */
  readonly folder: string;
  /** A program that ends with the cluster, its output in a log in the folder. */
  start(name: string, program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Member;
  /** Runs a program to its end, with `KUBECONFIG` and a home of its own. */
  run(program: string, args: readonly string[], stdin?: string, env?: NodeJS.ProcessEnv): Promise<CommandResult>;
  kubectl(args: readonly string[], stdin?: string): Promise<CommandResult>;
  stop(): Promise<void>;
}

/** Our cluster, on an HTTPS port. */
export async function devCluster(options: DevClusterOptions = {}): Promise<TestCluster> {
  const group = new ProcessGroup('kaito-e2e-stranger-');
  const cluster = await DevCluster.start(options);
  const listening = await cluster.listen();
  const kubeconfig = join(group.folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, listening.kubeconfig(), { mode: 0o600 });
  return {
    ...around(group, kubeconfig),
    url: listening.url,
    token: listening.token,
    caPem: listening.caPem,
    stop: async () => {
      await group.stop();
      await cluster.stop();
    },
  };
}

/**
 * The real one, to prove that a test expects what Kubernetes does: etcd, kube-apiserver, controller manager, scheduler, and KWOK
 * as the kubelet of one node.
 */
export async function realCluster(): Promise<TestCluster> {
  const group = new ProcessGroup('kaito-e2e-stranger-');
  const plane = await ControlPlane.start({ controllerManager: true, scheduler: true });
  const { kwok } = kwokAndKarpenter();
  const stages = kwokStages().map((stage) => `--config=${stage}`);
  group.start('kwok', kwok, [`--kubeconfig=${plane.kubeconfig}`, '--manage-all-nodes=true', ...stages]);
  await plane.client.create(NODES, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', labels: { 'kubernetes.io/hostname': 'node-1' } },
  });
  return {
    ...around(group, plane.kubeconfig),
    url: plane.url,
    token: plane.token,
    caPem: plane.caPem,
    stop: async () => {
      await group.stop();
      await plane.stop();
    },
  };
}

function around(group: ProcessGroup, kubeconfig: string): Omit<TestCluster, 'url' | 'token' | 'caPem' | 'stop'> {
  const { folder } = group;
  const surroundings = { KUBECONFIG: kubeconfig, HOME: folder };
  const run: TestCluster['run'] = (program, args, stdin = '', env = {}) =>
    runCommand(program, args, { stdin, env: { ...surroundings, ...env }, started: (child) => group.adopt(child) });
  return {
    folder,
    kubeconfig,
    run,
    start: (name, program, args, env = {}) => {
      const words = Object.entries({ ...surroundings, ...env }).map(([key, value]) => `${key}=${value}`);
      return group.start(name, '/usr/bin/env', [...words, program, ...args]);
    },
    kubectl: (args, stdin) => run(programs().kubectl, args, stdin),
  };
}
