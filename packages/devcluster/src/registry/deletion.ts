import type { DeleteOptions } from '../client.js';
import { ApiError } from '../http/api-error.js';
import type { KubeObject } from '../objects.js';
import { copyJson } from '../store/json.js';
import { Causes } from './causes.js';
import { timestamp } from './metadata.js';
import type { Resource } from './resource.js';

/** What a request to delete leads to. */
export type Deletion =
  | { readonly kind: 'gone' }
  | { readonly kind: 'unchanged' }
  /** The object stays for now, in this form: finalizers or its grace period hold it. */
  | { readonly kind: 'marked'; readonly next: KubeObject };

/** Refuses options that contradict each other, as the real server does before it looks at the object. */
export function checkDeleteOptions(options: DeleteOptions & { readonly orphanDependents?: boolean }): void {
  const causes = new Causes();
  const { propagationPolicy } = options;
  if (propagationPolicy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(propagationPolicy)) {
    causes.notSupported('propagationPolicy', propagationPolicy, ['Background', 'Foreground', 'Orphan', 'nil']);
  }
  if (propagationPolicy !== undefined && options.orphanDependents !== undefined) {
    causes.invalid(
      'propagationPolicy',
      propagationPolicy,
      'orphanDependents and deletionPropagation cannot be both set',
    );
  }
  if (causes.any) throw ApiError.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes.list);
}

/** Decides what happens to `live`. Pure but for the time, which is given. */
export function decideDeletion(
  resource: Resource,
  live: KubeObject,
  options: DeleteOptions & { readonly orphanDependents?: boolean },
  now: number,
): Deletion {
  checkPreconditions(resource, live, options);
  const grace = resource.strategy.grace?.(live, options.gracePeriodSeconds) ?? 0;
  const next = copyJson(live);
  const { metadata } = next;
  let changed = setPolicy(next, options);
  if (metadata.deletionTimestamp === undefined) {
    if ((metadata.finalizers ?? []).length === 0 && grace === 0 && !resource.strategy.heldBack?.(next))
      return { kind: 'gone' };
    metadata.deletionTimestamp = timestamp(now + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation !== undefined) metadata.generation += 1;
    resource.strategy.prepareDelete?.(next);
    return { kind: 'marked', next };
  }
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (resource.strategy.grace !== undefined && options.gracePeriodSeconds !== undefined && grace < before) {
    const started = Date.parse(metadata.deletionTimestamp) - before * 1000;
    metadata.deletionTimestamp = timestamp(started + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    changed = true;
  }
  const free = (metadata.finalizers ?? []).length === 0 && !resource.strategy.heldBack?.(next);
  if (free && (metadata.deletionGracePeriodSeconds ?? 0) === 0) return { kind: 'gone' };
  return changed ? { kind: 'marked', next } : { kind: 'unchanged' };
}

/** Whether an object that was marked before may go now that it looks like this. */
export function mayGo(resource: Resource, object: KubeObject): boolean {
  const { metadata } = object;
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    !resource.strategy.heldBack?.(object)
  );
}

function checkPreconditions(resource: Resource, live: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw ApiError.conflict(
      resource,
      live.metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw ApiError.conflict(
      resource,
      live.metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${live.metadata.resourceVersion}`,
    );
  }
}

/** Puts in or takes out the garbage collector's finalizers. True when that changed anything. */
function setPolicy(next: KubeObject, options: DeleteOptions & { readonly orphanDependents?: boolean }): boolean {
  const policy =
    options.propagationPolicy ??
    (options.orphanDependents === true ? 'Orphan' : options.orphanDependents === false ? 'Background' : undefined);
  if (policy === undefined) return false;
  const before = next.metadata.finalizers ?? [];
  const others = before.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion');
  const after =
    policy === 'Orphan' ? [...others, 'orphan'] : policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
  if (after.length > 0) next.metadata.finalizers = after;
  else delete next.metadata.finalizers;
  return before.length !== after.length || before.some((each) => !after.includes(each));
}
