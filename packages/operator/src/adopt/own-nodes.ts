import {
  byoClaim,
  type Catalogs,
  claimNames,
  type KubeObject,
  nodeLabelsOf,
  type Plan,
  stockOf,
  type Workspace,
} from '@kaito-sdk/core';
import { type Step, update } from './change.js';
import { nodeOf } from './obstacles.js';
import type { KaitoWorkspace } from './read-kaito.js';

/** Nodes of the user's own: the pods say which of them a Workspace has. */
export interface OwnNodes {
  /** What the planner may choose among: the machines that the Workspace runs on. */
  readonly catalogs: Catalogs;
  /** Writes the claims on the nodes, so that nobody else takes their GPUs. */
  steps(plan: Plan): readonly Step[];
}

export function ownNodes(
  { workspace, pods }: KaitoWorkspace,
  nodes: readonly KubeObject[],
  asked: Workspace,
  catalogs: Catalogs,
): OwnNodes {
  const { name, namespace = '', uid = '', creationTimestamp: createdAt = '' } = workspace.metadata;
  const owner = { name, namespace, uid };
  const used = [...new Set(pods.flatMap((pod) => nodeOf(pod) ?? []))].sort();
  const labels = nodeLabelsOf(asked.resource?.labelSelector);
  const held = nodes.filter(({ metadata }) => used.includes(metadata.name));
  const stock = stockOf(held.length > 0 ? held : nodes, { owner, labels, catalogs: catalogs.instances });
  return {
    catalogs: { ...catalogs, stock },
    steps: ({ nodes: { instanceType, count, gpuResource, gpusPerNode, ...offer } }) => {
      const claims = claimNames(owner, instanceType, count, offer);
      return held.slice(0, count).map((node, index) => {
        const resources = { [gpuResource]: gpusPerNode };
        const patch = byoClaim(claims[index] ?? '', { owner, instanceType, createdAt, resources });
        return update(
          node,
          { metadata: patch },
          'its GPUs are in use by this Workspace, whose pods select it by the labels',
        );
      });
    },
  };
}
