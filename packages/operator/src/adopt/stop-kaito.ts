import type { KubeClient, KubeObject } from '@kaito-sdk/core';
import { DEPLOYMENTS } from '@kaito-sdk/core';
import { remove, type Step, update } from './change.js';
import { INFERENCE_SET_FINALIZER } from './kaito-kinds.js';
import type { KaitoCluster } from './read-kaito.js';

/** KAITO's operator at rest: two for one API would undo each other's work, and a webhook of nobody would refuse every write. */
export function stopSteps({ operators, webhooks, inferenceSets }: KaitoCluster): readonly Step[] {
  return [
    ...webhooks.map((webhook) =>
      remove(webhook, 'its policy is Fail: once its operator is gone, nobody could change a Workspace any more'),
    ),
    ...operators.map((operator) =>
      update(operator, { spec: { replicas: 0 } }, 'two operators for one API undo each other'),
    ),
    ...inferenceSets.flatMap((set) => {
      const { finalizers = [] } = set.metadata;
      const rest = finalizers.filter((one) => one !== INFERENCE_SET_FINALIZER);
      if (rest.length === finalizers.length) return [];
      return [
        update(
          set,
          { metadata: { finalizers: rest } },
          'nobody is left who would take this finalizer off: it could never be deleted',
        ),
      ];
    }),
  ];
}

/** Whether every pod of KAITO's operator is gone. */
export async function isStopped(client: KubeClient, operators: readonly KubeObject[]): Promise<boolean> {
  for (const { metadata } of operators) {
    const live = await client.get(DEPLOYMENTS, metadata.namespace, metadata.name);
    const { replicas = 0 } = (live?.status ?? {}) as { readonly replicas?: number };
    if (replicas > 0) return false;
  }
  return true;
}
