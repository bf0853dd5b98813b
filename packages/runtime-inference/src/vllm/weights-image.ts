import type { Notice, Workspace } from '@kaito-sdk/core';
import type { PodParts } from '../workload/pod.js';

/** Where vLLM takes the weights from instead of a hub: `REFERENCE`, or `REFERENCE!/FOLDER` where they do not lie under `/data`. */
export const WEIGHTS_ANNOTATION = 'kaito.sh/weights-image';
const FOLDER = '/data';
const MOUNT = '/mnt/model';

/** An image that holds a model in the layout of Hugging Face. */
export interface WeightsImage {
  readonly image: string;
  /** Folder of the image. */
  readonly folder: string;
}

/** Reads the annotation; undefined when there is none, `wrong` when it has another form. */
export function weightsImage({ metadata }: Workspace): WeightsImage | 'wrong' | undefined {
  const value = metadata.annotations?.[WEIGHTS_ANNOTATION]?.trim();
  if (value === undefined) return undefined;
  const [, image, folder = FOLDER] = /^([^!\s]+)(?:!(\/[\w./-]+))?$/.exec(value) ?? [];
  if (image === undefined || folder.split('/').includes('..')) return 'wrong';
  return { image, folder: folder.replace(/\/+$/, '') };
}

/** Where the engine finds the model in its pod. A volume shows the whole image, a copy only the folder. */
export function modelPath({ folder }: WeightsImage, imageVolumes: boolean): string {
  return imageVolumes ? `${MOUNT}${folder}` : MOUNT;
}

/** Which way the weights come in, for people. */
export function weightsNotice({ image, folder }: WeightsImage, imageVolumes: boolean): Notice {
  const way = imageVolumes
    ? 'the kubelet mounts it as an image volume'
    : "an init container of it copies them with the image's own shell, which takes their size twice on the disk of the node";
  return { code: 'WeightsFromImage', message: `The weights come from ${folder} of ${image}: ${way}.` };
}

/** What brings them into the pod. */
export function weightsPod({ image, folder }: WeightsImage, imageVolumes: boolean): PodParts {
  const volume = { name: 'model', mountPath: MOUNT, readOnly: true };
  if (imageVolumes) {
    return { volumes: [{ ...volume, source: { image: { reference: image, pullPolicy: 'IfNotPresent' } } }] };
  }
  return {
    volumes: [{ ...volume, source: { emptyDir: {} } }],
    initContainers: [
      {
        name: 'model',
        image,
        command: ['/bin/sh', '-c', `cp -R ${folder}/. ${MOUNT}/`],
        securityContext: { allowPrivilegeEscalation: false },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [{ name: 'model', mountPath: MOUNT }],
      },
    ],
  };
}
