import { PLACES } from '../programs/task.js';
import type { Container } from './pod.js';
import type { Rendering } from './rendering.js';
import {
  configVolume,
  dataVolume,
  pullSecretVolumes,
  pushSecretVolumes,
  resultsVolume,
  taskVolume,
  type Volume,
  weightsVolume,
} from './volumes.js';

/** What the program in Node needs; measured for pushes of 1 GiB at 220 MiB (packages/oci). */
const SMALL = { requests: { cpu: '100m', memory: '256Mi' } };

/** Fetches the data, and looks at every file before anything else runs. */
export function fetchContainer(rendering: Rendering): Container {
  return tool(rendering, 'data', 'fetch', [
    taskVolume(rendering),
    configVolume(rendering, false),
    dataVolume(rendering),
    resultsVolume(rendering),
    ...pullSecretVolumes(rendering),
  ]);
}

/** The same look in a pod without a GPU, with a try of the credentials: everything that can go wrong for free goes wrong here. */
export function checkContainer(rendering: Rendering): Container {
  return tool(rendering, 'check', 'check', [
    taskVolume(rendering),
    configVolume(rendering, true),
    dataVolume(rendering),
    ...pullSecretVolumes(rendering),
    ...pushSecretVolumes(rendering, true),
  ]);
}

/** Waits for the adapter and pushes it. Only this container sees the push secret: the model's own code runs in another one. */
export function pushContainer(rendering: Rendering): Container {
  return tool(rendering, 'pusher', 'push', [
    taskVolume(rendering),
    resultsVolume(rendering),
    ...pushSecretVolumes(rendering, false),
  ]);
}

function tool({ tuning, policy }: Rendering, name: string, command: string, volumes: readonly Volume[]): Container {
  const program = { image: tuning.toolsImage, command: ['kaito-tuning', command] };
  return { name, ...program, env: hubEnvironment(policy), resources: SMALL, volumes };
}

function hubEnvironment({ hubEndpoint }: Rendering['policy']): NonNullable<Container['env']> {
  return hubEndpoint === undefined ? [] : [{ name: 'HF_ENDPOINT', value: hubEndpoint }];
}

/** Fetches the base model from its hub, pinned. Settings with `local_files_only`, as KAITO's templates have them, then work as they are. */
export function weightsContainer({ plan, workspace, policy }: Rendering): Container {
  const { modelAccessSecret } = workspace.tuning?.preset?.presetOptions ?? {};
  const token = { secretKeyRef: { name: modelAccessSecret, key: 'HF_TOKEN' } };
  return {
    name: 'weights',
    image: plan.engine.image,
    command: ['python', '-m', 'kaito_trainer.weights', plan.model.repository, plan.model.revision ?? 'main'],
    env: [
      { name: 'HF_HOME', value: `${PLACES.weights}/.cache` },
      { name: 'WEIGHTS_FOLDER', value: PLACES.weights },
      ...hubEnvironment(policy),
      ...(modelAccessSecret ? [{ name: 'HF_TOKEN', valueFrom: token }] : []),
    ],
    resources: SMALL,
    volumes: [weightsVolume()],
  };
}

/** The training, on all GPUs of the node. */
export function trainerContainer(rendering: Rendering): Container {
  const { plan } = rendering;
  const { gpuResource, gpusPerNode } = plan.nodes;
  const gpus = { [gpuResource]: String(gpusPerNode) };
  const sharedMemory = { name: 'dshm', source: { emptyDir: { medium: 'Memory' } }, mountPath: '/dev/shm' };
  return {
    name: 'trainer',
    image: plan.engine.image,
    command: plan.engine.command,
    env: plan.engine.env,
    resources: { requests: gpus, limits: gpus },
    volumes: [
      configVolume(rendering, false),
      { ...dataVolume(rendering), readOnly: true },
      resultsVolume(rendering),
      { ...weightsVolume(), readOnly: true },
      sharedMemory,
    ],
  };
}
