import type { Workspace } from '../api/workspace.js';

export interface WorkspaceParts {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly instanceType?: string;
  readonly preset?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly status?: Workspace['status'];
}

/** A valid Workspace for the example catalog; a test states only what matters to it. */
export function aWorkspace(parts: WorkspaceParts = {}): Workspace {
  const { name = 'demo', namespace = 'default', uid = 'uid-1', instanceType = 'gpu.small', preset = 'tiny' } = parts;
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: {
      name,
      namespace,
      uid,
      generation: 1,
      resourceVersion: '1',
      ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
      ...(parts.deletionTimestamp === undefined ? {} : { deletionTimestamp: parts.deletionTimestamp }),
    },
    resource: { count: 1, instanceType, labelSelector: { matchLabels: { apps: name } } },
    inference: { preset: { name: preset } },
    ...(parts.status === undefined ? {} : { status: parts.status }),
  };
}
