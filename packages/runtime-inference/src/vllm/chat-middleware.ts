import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KubeObject, Plan } from '@kaito-sdk/core';
import { workspaceLabels } from '../workload/labels.js';

const FILE = 'kaito_chat.py';
const SOURCE = readFileSync(new URL(`../../assets/${FILE}`, import.meta.url), 'utf8');

/**
 * The `/chat` path in front of vLLM: a small ASGI middleware that runs in the API server's own process, so that there is no second
 * server to watch and authentication applies to it.
 */
export const CHAT_MIDDLEWARE = {
  /** What `--middleware` is given. A class: the function style breaks streaming. */
  importPath: 'kaito_chat.ChatMiddleware',
  /** Where the file is mounted; it must be on PYTHONPATH. */
  folder: '/mnt/kaito',
  source: SOURCE,
  /** Changes with the file. Mounted ConfigMaps are updated under a running process that has long imported them: pods must roll. */
  hash: createHash('sha256').update(SOURCE).digest('hex').slice(0, 16),
} as const;

export function chatConfigMapName(plan: Plan): string {
  return `${plan.workspace.name}-chat`;
}

/** The ConfigMap that brings the file into the pods. */
export function chatConfigMap(plan: Plan): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: chatConfigMapName(plan), namespace: plan.workspace.namespace, labels: workspaceLabels(plan) },
    data: { [FILE]: SOURCE },
  };
}
