import type { KubeObject } from '@kaito-sdk/core';
import { methodTemplate } from '../method-template.js';
import type { Task } from '../programs/task.js';
import { configMapName, labelsOf } from './names.js';
import type { Rendering } from './rendering.js';

/** The ConfigMap of a tuning: what its programs are to do, and the settings of the method where the user brings none. */
export function configMap(rendering: Rendering): KubeObject {
  const { plan, tuning } = rendering;
  const template = methodTemplate(tuning, plan.engine.contextLength);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapName(plan), namespace: plan.workspace.namespace, labels: labelsOf(plan) },
    data: {
      'task.json': `${JSON.stringify(taskOf(rendering), undefined, 2)}\n`,
      ...(tuning.config === undefined ? { 'training_config.yaml': template } : {}),
    },
  };
}

/** The addresses come from the Workspace: the Plan has them without their queries. */
export function taskOf({ plan, tuning, workspace, policy }: Rendering): Task {
  const { input = {}, output = {} } = workspace.tuning ?? {};
  const { preset, repository, revision } = plan.model;
  return {
    input: {
      ...(tuning.input.kind === 'urls' ? { urls: input.urls ?? [] } : {}),
      ...(tuning.input.kind === 'image' ? { image: input.image ?? '' } : {}),
      ...(tuning.input.kind === 'volume' ? { volume: true } : {}),
    },
    ...(tuning.output.kind === 'image'
      ? { output: { image: output.image ?? '', secret: output.imagePushSecret ?? '' } }
      : {}),
    method: tuning.method,
    model: { preset, repository, ...(revision === undefined ? {} : { revision }) },
    ...(tuning.config === undefined ? {} : { config: tuning.config }),
    privateDataUrls: policy.privateDataUrls ?? false,
    plainHttpRegistries: policy.plainHttpRegistries ?? false,
  };
}
