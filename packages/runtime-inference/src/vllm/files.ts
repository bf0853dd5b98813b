import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KubeObject, Plan } from '@kaito-sdk/core';
import { workspaceLabels } from '../workload/labels.js';

/** Where our files are mounted beside vLLM; the folder is on PYTHONPATH. */
export const FILES_FOLDER = '/mnt/kaito';

/** Programs of ours that run in vLLM's image. */
export type File = 'kaito_chat.py' | 'kaito_multi_node.sh' | 'kaito_serve.py';

/** Those that a Plan needs. A file that is not needed is not there: a change of it must not roll anybody's pods. */
export function filesOf({ engine, nodes }: Plan): readonly File[] {
  return [
    'kaito_chat.py',
    ...(nodes.pipeline === undefined ? [] : (['kaito_multi_node.sh'] as const)),
    ...(engine.config === undefined ? [] : (['kaito_serve.py'] as const)),
  ];
}

const sourceOf = (file: File) => readFileSync(new URL(`../../assets/${file}`, import.meta.url), 'utf8');

export function filesConfigMapName({ workspace }: Plan): string {
  return `${workspace.name}-chat`;
}

/** The ConfigMap that brings the files into the pods. */
export function filesConfigMap(plan: Plan): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: filesConfigMapName(plan),
      namespace: plan.workspace.namespace,
      labels: workspaceLabels(plan),
    },
    data: Object.fromEntries(filesOf(plan).map((file) => [file, sourceOf(file)])),
  };
}

/**
 * Changes with the files. Mounted ConfigMaps are updated under a running process that has long read them: pods must roll.
 */
export function filesHash(plan: Plan): string {
  const hash = createHash('sha256');
  for (const file of filesOf(plan)) hash.update(sourceOf(file));
  return hash.digest('hex').slice(0, 16);
}
