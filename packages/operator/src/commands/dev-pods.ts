import { createHash } from 'node:crypto';
import { labels, type Workspace } from '@kaito-sdk/core';
import type { Script } from '@kaito-sdk/devcluster';

/**
 * What pods of `kaito dev` do, which run nothing: as `otherwise` says, but for the container that pushes a tuning's result. It leaves the words of
 * a push behind, so that a Workspace that serves the result goes on; the image is the one that was asked for, and nobody made it.
 *
 * @param tuningOf the Workspace of that namespace and name
 */
export function devPods(
  otherwise: Script,
  tuningOf: (namespace: string, name: string) => Workspace | undefined,
): Script {
  return (pod, container, restarts) => {
    const outcome = otherwise(pod, container, restarts);
    const owner = pod.metadata.labels?.[labels.workspace];
    if (container !== 'pusher' || owner === undefined || outcome.exit === undefined) return outcome;
    const image = tuningOf(pod.metadata.namespace ?? '', owner)?.tuning?.output?.image;
    if (image === undefined) return outcome;
    const digest = createHash('sha256').update(image).digest('hex');
    const message = JSON.stringify({
      message: 'nothing was pushed: pods are simulated',
      image: `${image}@sha256:${digest}`,
    });
    return { ...outcome, exit: { ...outcome.exit, message } };
  };
}
