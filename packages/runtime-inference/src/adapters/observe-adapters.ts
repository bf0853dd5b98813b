import {
  type AdapterStatus,
  type KubeObject,
  jsonList as list,
  jsonNumber as number,
  type ObservedWorkload,
  jsonObject as object,
  jsonString as string,
} from '@kaito-sdk/core';
import { EXIT_CODES } from '../loader/loader-error.js';
import { LOADER_CONTAINER } from './adapter-pod.js';
import { documentOf } from './live.js';

/**
 * What the loaders of the pods left as their last words: how each adapter came in, or that the registry turned the loader away.
 *
 * @param wanted fingerprint of the adapters of the Plan, where they are exchanged under the engine
 */
export function observeAdapters({ plan, pods }: ObservedWorkload, wanted?: string): readonly AdapterStatus[] {
  const { items = [] } = plan.engine.adapters ?? {};
  if (items.length === 0) return [];
  // What a pod began with is history once its adapters were exchanged.
  const began = (pod: KubeObject) =>
    wanted === undefined || documentOf(pod) === undefined || documentOf(pod) === wanted;
  const living = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && began(pod));
  const words = living.flatMap(lastWords);
  return items.flatMap((item): AdapterStatus[] => {
    const { name, fetchedBy } = item;
    const loaded = words.flatMap(({ exitCode, message }) => (exitCode === 0 ? reported(message, name) : []))[0];
    if (loaded) return [{ name, ...loaded }];
    const refused = words.some(
      ({ exitCode, message }) => exitCode === EXIT_CODES.PULL_REFUSED && message.includes(`adapter ${name}:`),
    );
    return refused && fetchedBy === 'loader' ? [{ name, refused: [fetchedBy] }] : [];
  });
}

interface Words {
  readonly exitCode: number;
  readonly message: string;
}

function lastWords({ status }: KubeObject): readonly Words[] {
  const loader = list(object(status).initContainerStatuses).find(({ name }) => name === LOADER_CONTAINER);
  return [object(loader?.state).terminated, object(loader?.lastState).terminated]
    .filter((ended) => ended !== undefined)
    .map(object)
    .map((ended) => ({ exitCode: number(ended.exitCode), message: string(ended.message) ?? '' }));
}

function reported(message: string, name: string): readonly { fetchedBy: string; digest?: string }[] {
  let report: unknown;
  try {
    report = JSON.parse(message);
  } catch {
    // Another version's words, or none.
    return [];
  }
  const found = list(object(report).adapters).find((one) => one.name === name);
  const fetchedBy = string(found?.by);
  if (fetchedBy === undefined) return [];
  const digest = string(found?.digest);
  return [{ fetchedBy, ...(digest === undefined ? {} : { digest }) }];
}
