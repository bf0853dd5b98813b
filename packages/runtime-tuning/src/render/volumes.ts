import { PLACES } from '../programs/task.js';
import { configMapName } from './names.js';
import type { Rendering } from './rendering.js';

/** A volume of a pod, and where its containers find it. */
export interface Volume {
  readonly name: string;
  readonly source: Readonly<Record<string, unknown>>;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

export function taskVolume({ plan }: Rendering): Volume {
  const items = [{ key: 'task.json', path: 'task.json' }];
  return {
    name: 'task',
    source: { configMap: { name: configMapName(plan), items } },
    mountPath: PLACES.task.replace(/\/[^/]+$/, ''),
    readOnly: true,
  };
}

/** @param optional a missing ConfigMap is for the program to report: the kubelet would only keep the pod waiting */
export function configVolume({ plan, tuning }: Rendering, optional: boolean): Volume {
  const items = [{ key: 'training_config.yaml', path: 'training_config.yaml' }];
  const name = tuning.config ?? configMapName(plan);
  return {
    name: 'config-volume',
    source: { configMap: { name, items, ...(optional ? { optional } : {}) } },
    mountPath: PLACES.config.replace(/\/[^/]+$/, ''),
    readOnly: true,
  };
}

/** The data: fetched into an empty volume, or lying in the user's, which nobody writes to. */
export function dataVolume({ tuning, workspace }: Rendering): Volume {
  const { volumeSource } = workspace.tuning?.input ?? {};
  const own = tuning.input.kind === 'volume' && volumeSource !== undefined;
  return {
    name: 'data-volume',
    source: own ? volumeSource : { emptyDir: {} },
    mountPath: PLACES.data,
    ...(own ? { readOnly: true } : {}),
  };
}

/**
 * Annotation of a Workspace whose result is an image: a PersistentVolumeClaim of its namespace for checkpoints, so that a pod that takes the place of
 * a lost one goes on from them.
 */
export const CHECKPOINTS = 'kaito-sdk.dev/checkpoints';

/** Adapter and checkpoints: in a volume of the user's they outlive the pod, and the next one goes on from them. */
export function resultsVolume({ tuning, workspace }: Rendering): Volume {
  const { volumeSource } = workspace.tuning?.output ?? {};
  const claimName = workspace.metadata.annotations?.[CHECKPOINTS];
  const kept = claimName ? { persistentVolumeClaim: { claimName } } : { emptyDir: {} };
  const own = tuning.output.kind === 'volume' && volumeSource !== undefined;
  return { name: 'results-volume', source: own ? volumeSource : kept, mountPath: PLACES.results };
}

export function weightsVolume(): Volume {
  return { name: 'model-weights-volume', source: { emptyDir: {} }, mountPath: PLACES.weights };
}

/** A Secret as a volume follows the Secret: one that is put right while a push is being tried is used by the next try. */
export function pushSecretVolumes({ tuning, workspace }: Rendering, optional: boolean): readonly Volume[] {
  const { imagePushSecret } = workspace.tuning?.output ?? {};
  if (tuning.output.kind !== 'image' || !imagePushSecret) return [];
  return [
    { name: 'push-secret', source: secret(imagePushSecret, optional), mountPath: PLACES.pushSecret, readOnly: true },
  ];
}

export function pullSecretVolumes({ tuning, workspace }: Rendering): readonly Volume[] {
  const { imagePullSecrets = [] } = workspace.tuning?.input ?? {};
  if (tuning.input.kind !== 'image') return [];
  return imagePullSecrets.map((name, index) => ({
    name: `pull-secret-${index}`,
    source: secret(name),
    mountPath: `${PLACES.pullSecrets}/${index}`,
    readOnly: true,
  }));
}

function secret(secretName: string, optional = false): Readonly<Record<string, unknown>> {
  const items = [{ key: '.dockerconfigjson', path: 'config.json' }];
  return { secret: { secretName, items, ...(optional ? { optional } : {}) } };
}
