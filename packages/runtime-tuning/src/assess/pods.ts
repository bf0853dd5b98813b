import {
  type JsonObject as Json,
  type KubeObject,
  jsonList as list,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';

/** One container of a pod, as its status tells. */
export interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly waiting?: Json;
  readonly running?: Json;
  readonly terminated?: Json;
}

/** The pods of one Job that are not on their way out, the newest last. */
export function podsOf(pods: readonly KubeObject[], job: string): readonly KubeObject[] {
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.labels?.['job-name'] === job)
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1));
}

/** The containers of a pod in the order in which they run. */
export function containersOf(pod: KubeObject): readonly ContainerState[] {
  const status = object(pod.status);
  return [...list(status.initContainerStatuses), ...list(status.containerStatuses)].map((one) => {
    const { waiting, running, terminated } = object(one.state);
    return {
      name: string(one.name) ?? '',
      image: string(one.image) ?? '',
      ...(waiting === undefined ? {} : { waiting: object(waiting) }),
      ...(running === undefined ? {} : { running: object(running) }),
      ...(terminated === undefined ? {} : { terminated: object(terminated) }),
    };
  });
}

/** The first container that ended badly. */
export function failedContainer(pod: KubeObject): (ContainerState & { readonly terminated: Json }) | undefined {
  return containersOf(pod).find(
    (one): one is ContainerState & { readonly terminated: Json } =>
      one.terminated !== undefined && one.terminated.exitCode !== 0,
  );
}
