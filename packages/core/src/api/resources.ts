import { registerKind } from '../kube/kinds.js';
import type { ResourceKind } from '../kube/objects.js';
import { resourceKindOf, withDefaults } from '../resource/index.js';
import { API_GROUP } from './names.js';
import { Workspace } from './workspace.js';

/** Workspaces, in the version in which they are stored. The API server gives every Workspace in it, whatever version it was applied in. */
export const WORKSPACES: ResourceKind = registerKind(resourceKindOf(Workspace, 'v1beta1'));

registerKind(resourceKindOf(Workspace, 'v1alpha1'));

/** What `apiVersion` a manifest of a Workspace may have, the stored one first. Both mean the same: the versions share all fields. */
export const WORKSPACE_API_VERSIONS: readonly string[] = [`${API_GROUP}/v1beta1`, `${API_GROUP}/v1alpha1`];

/** Whether a value says of itself that it is a Workspace. Whether it is a valid one is for admission to say. */
export function isWorkspace(value: unknown): value is Workspace {
  const object = (typeof value === 'object' ? value : undefined) as Partial<Workspace> | null | undefined;
  return (
    object?.kind === WORKSPACES.kind &&
    typeof object.apiVersion === 'string' &&
    WORKSPACE_API_VERSIONS.includes(object.apiVersion) &&
    typeof object.metadata === 'object' &&
    object.metadata !== null
  );
}

/**
 * Reads a Workspace from outside, a manifest on disk for instance: of either version, with the defaults that the API server would fill in.
 * Throws a TypeError that says what stands there instead.
 */
export function workspaceFrom(value: unknown): Workspace {
  if (isWorkspace(value)) return withDefaults(Workspace, value);
  const { apiVersion, kind } = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  const found = apiVersion === undefined && kind === undefined ? 'no Kubernetes object' : `${apiVersion} ${kind}`;
  throw new TypeError(
    `expected a Workspace with metadata (apiVersion ${WORKSPACE_API_VERSIONS.join(' or ')}, kind Workspace), found ${found}`,
  );
}
