import { type KubeObject, nodeTerms, type Plan } from '@kaito-sdk/core';
import { FINAL_EXIT } from '../programs/exit-codes.js';
import { fetchContainer, pushContainer, trainerContainer, weightsContainer } from './containers.js';
import { labelsOf } from './names.js';
import { podSpec } from './pod.js';
import type { Rendering } from './rendering.js';

/** Longest time that a tuning may take, from the moment it may start. A hung one must not keep a paid node for ever. */
export const LONGEST_RUN_SECONDS = 7 * 24 * 3600;

/**
 * The Job of a tuning: data and weights in, the training, the adapter out. It is made suspended, because its deadline counts from
 * its start, and resumed by the operator when the GPUs of its node show.
 */
export function tuningJob(rendering: Rendering): KubeObject {
  const { plan, tuning } = rendering;
  const { name, namespace } = plan.workspace;
  const labels = labelsOf(plan);
  const pushes = tuning.output.kind === 'image';
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      suspend: true,
      backoffLimit: tuning.retries,
      activeDeadlineSeconds: LONGEST_RUN_SECONDS,
      // Never two of them on one node: a pod on its way out still holds the GPUs.
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          // What is wrong with data or settings is as wrong on the next try.
          { action: 'FailJob', onExitCodes: { operator: 'In', values: [FINAL_EXIT] } },
          // An eviction or a lost node says nothing about the tuning.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: {
        metadata: {
          labels,
          annotations: {
            'kubectl.kubernetes.io/default-container': 'trainer',
          },
        },
        spec: podSpec(
          plan,
          {
            init: [fetchContainer(rendering), weightsContainer(rendering)],
            main: [trainerContainer(rendering), ...(pushes ? [pushContainer(rendering)] : [])],
          },
          { ...affinity(plan), tolerations: tolerations(plan), terminationGracePeriodSeconds: 60 },
        ),
      },
    },
  };
}

/** The nodes of this Workspace's own claims and no others: another Workspace may share the user's labels. */
function affinity({ nodes }: Plan): Readonly<Record<string, unknown>> {
  const nodeSelectorTerms = nodeTerms(nodes);
  if (nodeSelectorTerms.length === 0) return {};
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

/** The taints of GPU nodes: the device's, and the one that KAITO's claims ask for. */
function tolerations({ nodes }: Plan): readonly unknown[] {
  return [
    { key: nodes.gpuResource, operator: 'Exists', effect: 'NoSchedule' },
    { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
  ];
}
