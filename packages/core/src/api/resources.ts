import { registerKind } from '../kube/kinds.js';
import type { ResourceKind } from '../kube/objects.js';
import { nearMisses } from '../near-miss.js';
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
  throw new TypeError(
    `expected a Workspace with metadata (apiVersion ${WORKSPACE_API_VERSIONS.join(' or ')}, kind Workspace), found ${whatIs(value)}`,
  );
}

/** `v1 Pod`, `a Worskpace without apiVersion; did you mean kind Workspace?`. */
function whatIs(value: unknown): string {
  const { apiVersion, kind, metadata } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (apiVersion === undefined && kind === undefined) return 'no Kubernetes object';
  if (typeof kind !== 'string' || kind === '') return `an object of ${apiVersion} without kind`;
  const near = kind !== WORKSPACES.kind && nearMisses(kind, [WORKSPACES.kind]).length > 0;
  const hint = near ? `; did you mean kind ${WORKSPACES.kind}?` : '';
  if (apiVersion === undefined) return `a ${kind} without apiVersion${hint}`;
  const bare = kind === WORKSPACES.kind && (typeof metadata !== 'object' || metadata === null);
  return `${apiVersion} ${kind}${bare ? ' without metadata' : ''}${hint}`;
}
