import type { KubeObject } from '@kaito-sdk/core';
import { checkContainer } from './containers.js';
import { checkJobName, labelsOf } from './names.js';
import { podSpec } from './pod.js';
import type { Rendering } from './rendering.js';

/** Longest time for fetching and reading the data. */
const DEADLINE_SECONDS = 3600;

/**
 * A short Job on whatever node has room, in the namespace of the user: the operator itself never fetches an address that a user wrote.
 * Done once; its failure is told, and it is made anew when something has changed or some time has passed.
 */
export function checkJob(rendering: Rendering): KubeObject {
  const { plan } = rendering;
  const labels = labelsOf(plan);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: checkJobName(plan), namespace: plan.workspace.namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE_SECONDS,
      template: {
        metadata: { labels },
        spec: podSpec(plan, { main: [checkContainer(rendering)] }),
      },
    },
  };
}
