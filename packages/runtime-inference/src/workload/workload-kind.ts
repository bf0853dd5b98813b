import { annotations, type Notice, type Plan, type Workspace } from '@kaito-sdk/core';

/** The kinds that pods of an engine can be run by. */
const KINDS = ['Deployment', 'StatefulSet'] as const;
export type WorkloadKind = (typeof KINDS)[number];

/** Overrules the choice: written by `kaito adopt` for a workload that is there, of which a change of kind would end the pods. */
export const KIND_ANNOTATION = annotations.workloadKind;

/**
 * A Deployment for one node; a StatefulSet for several, whose pods have names and numbers. A workload that was taken over from another operator
 * keeps its kind, which its Workspace is annotated with: KAITO v0.3 made Deployments, its head makes StatefulSets, for any number of nodes.
 * Pods that share a model find each other by their names, which only a StatefulSet gives.
 */
export function workloadKind({ nodes }: Plan, workspace: Workspace): WorkloadKind {
  if (nodes.pipeline !== undefined) return 'StatefulSet';
  return askedKind(workspace) ?? (nodes.count === 1 ? 'Deployment' : 'StatefulSet');
}

/** The kind that is asked for, where it is one. */
export function askedKind({ metadata }: Workspace): WorkloadKind | undefined {
  const value = metadata.annotations?.[KIND_ANNOTATION];
  return KINDS.find((kind) => kind === value);
}

/** What is written there and cannot be followed is said. */
export function kindWarnings(workspace: Workspace): readonly Notice[] {
  const value = workspace.metadata.annotations?.[KIND_ANNOTATION];
  if (value === undefined || askedKind(workspace) !== undefined) return [];
  const message = `The annotation ${KIND_ANNOTATION} is "${value}", and only ${KINDS.join(' and ')} are kinds of a workload.`;
  return [{ code: 'AnnotationIgnored', message }];
}
