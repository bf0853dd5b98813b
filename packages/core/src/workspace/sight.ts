import type { KubeObject } from '../kube/objects.js';
import type { ClaimState } from '../plugin/node-provisioner.js';
import { rendered } from './rendered.js';
import type { WorkspaceContext } from './workspace-context.js';

/** What is seen of the nodes of a Workspace, and of what runs on them. */
export interface Sight {
  readonly claims: readonly ClaimState[];
  /** The Node of a claim. */
  node(claim: ClaimState): Promise<KubeObject | undefined>;
  pods(): Promise<readonly KubeObject[]>;
  /** Whether the model is ready although no pass has come to that. */
  ready(): Promise<boolean>;
}

/** By the watched caches, free of requests, and as late as the watches are. */
export function cachedSight({ cluster, workspace }: WorkspaceContext, claims: readonly ClaimState[]): Sight {
  return {
    claims,
    node: async ({ nodeName }) => (nodeName === undefined ? undefined : cluster.node(nodeName)),
    pods: async () => cluster.pods(workspace),
    // The later phases look at that in every pass.
    ready: async () => false,
  };
}

/** By the API server and the cloud themselves. Rejects where they cannot be asked. */
export async function sourceSight(context: WorkspaceContext): Promise<Sight> {
  const { cluster, workspace, provisioner, owner } = context;
  return {
    claims: await provisioner.observe(owner, { fresh: true }),
    node: async ({ nodeName }) => (nodeName === undefined ? undefined : cluster.source.node(nodeName)),
    pods: () => cluster.source.pods(workspace),
    ready: () => readyAtSource(context),
  };
}

async function readyAtSource({ cluster, workspace, catalogs }: WorkspaceContext): Promise<boolean> {
  const { plan } = workspace.status ?? {};
  if (!plan?.feasible) return false;
  const runtime = catalogs.runtimes.find(({ name }) => name === plan.runtime.name);
  if (runtime === undefined) return false;
  const live = await Promise.all(
    rendered({ runtime, plan, workspace }).map((object) => cluster.source.live(workspace, object)),
  );
  const objects = live.flatMap((object) => object ?? []);
  return runtime.assess({ plan, objects, pods: await cluster.source.pods(workspace) }).state === 'ready';
}
