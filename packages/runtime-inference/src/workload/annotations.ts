import type { Notice, Workspace } from '@kaito-sdk/core';
import { KIND_ANNOTATION, kindWarnings } from './workload-kind.js';

/** `True`, in exactly this case, asks for a Service that is reachable from outside the cluster. */
export const LOAD_BALANCER_ANNOTATION = 'kaito.sh/enablelb';

/** Annotations that the rendered objects follow, whatever the engine. */
export const WORKLOAD_ANNOTATIONS: readonly string[] = [LOAD_BALANCER_ANNOTATION, KIND_ANNOTATION];

export function wantsLoadBalancer(workspace: Workspace): boolean {
  return workspace.metadata.annotations?.[LOAD_BALANCER_ANNOTATION] === 'True';
}

/** KAITO takes the value in exact case and says nothing about any other; here the user hears of it. */
function loadBalancerWarnings(workspace: Workspace): readonly Notice[] {
  const value = workspace.metadata.annotations?.[LOAD_BALANCER_ANNOTATION];
  if (value === undefined || value === 'True' || value === 'False' || value === 'false') return [];
  const message = `The annotation ${LOAD_BALANCER_ANNOTATION} is "${value}", and only "True" makes a load balancer.`;
  return [{ code: 'AnnotationIgnored', message }];
}

/** What is written in annotations that the objects follow, and cannot be followed. */
export function workloadWarnings(workspace: Workspace): readonly Notice[] {
  return [...loadBalancerWarnings(workspace), ...kindWarnings(workspace)];
}
