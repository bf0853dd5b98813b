import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import { differs } from './applied.js';
import type { KubeClient } from './client.js';
import { createFirst } from './create-first.js';
import { isAlreadyExists, isInvalid } from './errors.js';
import type { Cache, Informer } from './informer.js';
import { kindOf } from './kinds.js';
import { kubeErrors } from './kube-errors.js';
import { type LabelMatcher, labelMatcher } from './label-selector.js';
import { migrateManagers } from './migrate-managers.js';
import type { KubeObject, ResourceKind } from './objects.js';
import {
  controllingOwner,
  isOwnedByAnother,
  labelledOwner,
  outOfReach,
  ownerMark,
  ownerReference,
} from './ownership.js';
import { immutableCauses, type ReplaceStrategy, replaceImmutable } from './replacement.js';

/** What an {@link Applier} is made of. */
export interface ApplierOptions {
  /** With `writeThrough`, so that the next reconcile sees what this one wrote. */
  readonly client: KubeClient;
  readonly cache: Cache;
  /** One for everything this operator writes: it then owns every field it renders, and the server removes what it drops. */
  readonly fieldManager: string;
  /** The kinds in which owned objects are looked for that are no longer rendered. Every kind ever rendered belongs here. */
  readonly inventory: readonly ResourceKind[];
  /**
   * Restricts what may be removed. Needed when other code makes objects of these kinds for the same owner.
   * @default everything the owner controls
   */
  readonly removable?: (object: KubeObject) => boolean;
  /** Annotation with the fingerprint of what was rendered last, after `created:` until the first change. @default 'kaito-sdk.io/rendered' */
  readonly fingerprint?: string;
  /**
   * Holds for every object that is rendered; then only such objects are watched, and not every Service of a large cluster.
   * A stranger without the label is still found out: what is not in the watch is made by a create, which a name that is taken
   * refuses. Sources of a controller that `owns` these kinds take the same selector, and share the watch.
   */
  readonly labelSelector?: string;
  /**
   * Field managers whose plain creates and updates count as earlier renderings of ours: an old version of this operator, or the
   * one it replaces. What they wrote and is no longer rendered is removed. It costs one read for each object that is there and
   * was never written by us.
   * @default our own name
   */
  readonly migrateFrom?: readonly string[];
  /**
   * Whether an object that nobody controls and that was never written by us may be taken over. Whoever may write owners can otherwise have any
   * object of the namespace changed, by naming an owner after it.
   * @default every one
   */
  readonly adopt?: (live: KubeObject, owner: KubeObject) => boolean;
  /** What to do about a change that the server refuses because a field is immutable. @default `replaceImmutable` */
  readonly replace?: ReplaceStrategy;
  /**
   * Label that marks objects as the owner's that cannot have an owner reference: cluster-scoped ones, and those in another
   * namespace. Nobody collects them when the owner goes: give the owner a finalizer and apply nothing before you remove it.
   * Left out, rendering such an object is an error.
   */
  readonly ownerLabel?: string;
}

/** What came of an {@link Applier.apply}. */
export interface ApplyResult {
  /** The live version of each rendered object, in the order given; missing for those that are still being deleted. */
  readonly live: readonly KubeObject[];
  readonly written: readonly KubeObject[];
  readonly removed: readonly KubeObject[];
  /** Deleted because a field of theirs cannot be changed; the new one is `live`, or `terminating` while the old one goes. */
  readonly replaced: readonly KubeObject[];
  /** Being deleted under the name of a rendered one: it is made again once they are gone, which wakes the owner up. */
  readonly terminating: readonly KubeObject[];
}

/**
 * Makes the objects of one owner equal to what was rendered for it: one request for what is new and for what differs, two more
 * before the first change of what it made, none for the rest.
 *
 * The inventory is the cluster itself: what carries the owner's controlling reference. Nothing is remembered that a restart
 * would lose, except that a certain write was found to change nothing. Killed after any request, the next call goes on there.
 */
export class Applier {
  private readonly settled = new Map<string, string>();
  private readonly selected: LabelMatcher;

  constructor(private readonly options: ApplierOptions) {
    this.selected = labelMatcher(options.labelSelector);
    // Opened now, so that they are synced with everything else before the first reconcile.
    for (const kind of options.inventory) {
      this.owned(kind).subscribe((change) => {
        if (change.type === 'deleted') this.settled.delete(identity(change.object));
      });
    }
  }

  /**
   * Applies `rendered` and removes what else the owner controls in the inventory kinds. Each object gets the owner's reference
   * and, unless it has one, its namespace. Throws the first refusal; what came before it stands, and the next call goes on.
   *
   * @param options `keep`: what is neither written nor removed, such as an object that another operator made and that still runs
   */
  async apply(
    rendered: readonly KubeObject[],
    owner: KubeObject,
    options: { readonly signal?: AbortSignal; readonly keep?: readonly KubeObject[] } = {},
  ): Promise<ApplyResult> {
    const result = {
      live: [] as KubeObject[],
      written: [] as KubeObject[],
      removed: [] as KubeObject[],
      replaced: [] as KubeObject[],
      terminating: [] as KubeObject[],
    };
    const kept = new Set((options.keep ?? []).map((object) => identity(this.complete(object, owner))));
    for (const object of rendered) {
      const wanted = this.complete(object, owner);
      kept.add(identity(wanted));
      await this.bring(wanted, owner, options, result);
    }
    for (const resource of this.options.inventory) {
      const informer = this.owned(resource);
      await informer.synced();
      for (const object of informer.byIndex(ownerIndex, owner.metadata.uid ?? '')) {
        if (kept.has(identity(object)) || object.metadata.deletionTimestamp !== undefined) continue;
        if (this.options.removable?.(object) === false) continue;
        await this.remove(resource, object, options.signal);
        result.removed.push(object);
      }
    }
    return result;
  }

  /**
   * Throws where {@link apply} would refuse to touch what has the name of `object` already, and answers what that is. Costs one read, unless our
   * own is there.
   */
  async checkName(object: KubeObject, owner: KubeObject): Promise<KubeObject | undefined> {
    const { metadata } = this.complete(object, owner);
    const resource = kindOf(object);
    const known = this.owned(resource).get(metadata.namespace, metadata.name);
    const live = known ?? (await this.options.client.get(resource, metadata.namespace, metadata.name));
    this.refuseTaken(live, owner);
    return live;
  }

  /** Whether `object` is another rendering than the one that `live` was made from. Whatever else changed on `live` does not count. */
  rendersAnew(object: KubeObject, owner: KubeObject, live: KubeObject): boolean {
    const wanted = this.complete(object, owner);
    return this.fingerprintOf(this.asOn(live, wanted)) !== this.fingerprintOf(live);
  }

  /** One object to where it should be. */
  private async bring(wanted: KubeObject, owner: KubeObject, options: Signal, result: Draft): Promise<void> {
    const informer = this.owned(kindOf(wanted));
    await informer.synced();
    const live = informer.get(wanted.metadata.namespace, wanted.metadata.name);
    if (live === undefined) return this.make(wanted, owner, options, result);
    refuseStranger(live, owner);
    await this.change(wanted, owner, { live }, options, result);
  }

  /** What our watch does not show. Where the create is refused, what lies under the name decides, which we perhaps cannot see. */
  private async make(wanted: KubeObject, owner: KubeObject, options: Signal, result: Draft): Promise<void> {
    const { client, fieldManager } = this.options;
    const resource = kindOf(wanted);
    const marked = this.marked(wanted);
    const created = await createFirst(client, resource, marked, { fieldManager, ...options });
    if (created.made !== undefined) {
      this.settle(marked, created.made);
      result.live.push(created.made);
      result.written.push(created.made);
      return;
    }
    const { refusal } = created;
    const live = await client.get(resource, wanted.metadata.namespace, wanted.metadata.name);
    this.refuseTaken(live, owner);
    if (live === undefined && refusal !== undefined && !isAlreadyExists(refusal)) throw refusal;
    await this.change(wanted, owner, { live, whole: true }, options, result);
  }

  /**
   * What is there already. `whole` says that it was read from the server and not from a cache. Nothing is there where it has just
   * gone, or may not be made by a create.
   */
  private async change(
    wanted: KubeObject,
    owner: KubeObject,
    { live, whole = false }: { readonly live: KubeObject | undefined; readonly whole?: boolean },
    options: Signal,
    result: Draft,
  ): Promise<void> {
    const resource = kindOf(wanted);
    // One that goes and does not have our label gets it, so that the watch tells when it is gone.
    if (live?.metadata.deletionTimestamp !== undefined && this.selected(live.metadata.labels)) {
      result.terminating.push(live);
      return;
    }
    if (live !== undefined && this.isAsRendered(wanted, live)) {
      result.live.push(live);
      return;
    }
    if (live !== undefined) await this.handOver(resource, live, whole, owner);
    let after: KubeObject;
    try {
      after = await this.write(resource, wanted, options);
    } catch (error) {
      if (!isInvalid(error) || result.replaced.some((one) => identity(one) === identity(wanted))) throw error;
      const current = await this.options.client.get(resource, wanted.metadata.namespace, wanted.metadata.name);
      // A second controller is what the server refuses: say whose it is.
      refuseStranger(current, owner);
      if (current === undefined || !(await this.makeWay(resource, wanted, current, error, options))) throw error;
      result.replaced.push(current);
      return this.make(wanted, owner, options, result);
    }
    if (after.metadata.deletionTimestamp !== undefined) {
      result.terminating.push(after);
      return;
    }
    result.live.push(after);
    if (after.metadata.resourceVersion !== live?.metadata.resourceVersion) result.written.push(after);
  }

  private async write(resource: ResourceKind, wanted: KubeObject, options: Signal): Promise<KubeObject> {
    const { client, fieldManager } = this.options;
    const after = await client.apply(resource, wanted, { fieldManager, ...options });
    this.settle(wanted, after);
    return after;
  }

  private settle(wanted: KubeObject, after: KubeObject): void {
    if (differs(wanted, after)) this.settled.set(identity(wanted), settlement(wanted, after));
    else this.settled.delete(identity(wanted));
  }

  /** Deletes what cannot be changed into what is wanted. Answers false when it is to stay. */
  private async makeWay(
    resource: ResourceKind,
    wanted: KubeObject,
    current: KubeObject,
    refusal: unknown,
    { signal }: Signal,
  ): Promise<boolean> {
    const causes = immutableCauses(refusal);
    if (causes === undefined) return false;
    const replacement = (this.options.replace ?? replaceImmutable)(current, wanted, causes);
    if (replacement === undefined) return false;
    const { namespace, name, uid } = current.metadata;
    this.settled.delete(identity(current));
    await this.options.client.delete(resource, namespace, name, {
      propagationPolicy: replacement.propagationPolicy,
      ...(uid === undefined ? {} : { uid }),
      ...(signal === undefined ? {} : { signal }),
    });
    return true;
  }

  /**
   * Before the first apply to an object: the fields of those who wrote it in our stead, or of the create that made it, become
   * fields that we applied, for an apply takes away no others. A crash between the two is made good: until the apply the
   * fingerprint is missing, or has the mark of a create.
   */
  private async handOver(resource: ResourceKind, live: KubeObject, whole: boolean, owner: KubeObject): Promise<void> {
    const { client, fieldManager, migrateFrom = [fieldManager] } = this.options;
    const { namespace, name } = live.metadata;
    if (this.isApplied(live)) return;
    const read = whole ? live : await client.get(resource, namespace, name);
    this.refuseTaken(read, owner);
    if (read === undefined || this.isApplied(read)) return;
    await migrateManagers(client, resource, read, fieldManager, this.isCreated(read) ? [fieldManager] : migrateFrom);
  }

  private refuseTaken(live: KubeObject | undefined, owner: KubeObject): void {
    refuseStranger(live, owner);
    if (live === undefined || controllingOwner(live) !== undefined || labelledOwner(live) !== undefined) return;
    if (this.fingerprintOf(live) === undefined && this.options.adopt?.(live, owner) === false)
      throw kubeErrors.MADE_BY_ANOTHER(live, owner);
  }

  private async remove(resource: ResourceKind, object: KubeObject, signal: AbortSignal | undefined): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    this.settled.delete(identity(object));
    await this.options.client.delete(resource, namespace, name, {
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { uid }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  private isAsRendered(wanted: KubeObject, live: KubeObject): boolean {
    const asked = this.asOn(live, wanted);
    if (!differs(asked, live)) return true;
    // Something differs that the server does not care about: it was told before, and changed nothing.
    return this.settled.get(identity(asked)) === settlement(asked, live);
  }

  private owned(resource: ResourceKind): Informer {
    const { cache, labelSelector, ownerLabel } = this.options;
    const informer = cache.informer(resource, labelSelector === undefined ? {} : { labelSelector });
    informer.addIndex(ownerIndex, (object) => {
      const owner = controllingOwner(object)?.uid ?? object.metadata.labels?.[ownerLabel ?? ''];
      return owner === undefined ? [] : [owner];
    });
    return informer;
  }

  private get fingerprint(): string {
    return this.options.fingerprint ?? 'kaito-sdk.io/rendered';
  }

  private fingerprintOf({ metadata }: KubeObject): string | undefined {
    return metadata.annotations?.[this.fingerprint];
  }

  /** Made by a create of ours and not applied to since: the fields are ours, but not as applied ones. */
  private isCreated(live: KubeObject): boolean {
    return this.fingerprintOf(live)?.startsWith(CREATED) === true;
  }

  private isApplied(live: KubeObject): boolean {
    return this.fingerprintOf(live) !== undefined && !this.isCreated(live);
  }

  /** `wanted` as a create sends it. */
  private marked(wanted: KubeObject): KubeObject {
    const { metadata } = wanted;
    const annotations = { ...metadata.annotations, [this.fingerprint]: `${CREATED}${this.fingerprintOf(wanted)}` };
    return { ...wanted, metadata: { ...metadata, annotations } };
  }

  /** `wanted` as `live` would have it if it were of this rendering. */
  private asOn(live: KubeObject, wanted: KubeObject): KubeObject {
    return this.isCreated(live) ? this.marked(wanted) : wanted;
  }

  private complete(object: KubeObject, owner: KubeObject): KubeObject {
    const { metadata } = object;
    const { ownerLabel, labelSelector } = this.options;
    const { namespaced } = kindOf(object);
    const namespace = namespaced ? (metadata.namespace ?? owner.metadata.namespace) : undefined;
    const reachable = !outOfReach(namespaced, namespace, owner);
    if (!reachable && ownerLabel === undefined) throw kubeErrors.OUT_OF_OWNERS_REACH(object, namespace, owner);
    const others = metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
    const owned = reachable
      ? { ownerReferences: [...others, ownerReference(owner)] }
      : {
          labels: { ...metadata.labels, [ownerLabel ?? '']: ownerReference(owner).uid },
          annotations: { ...metadata.annotations, ...ownerMark(owner) },
        };
    const whole: KubeObject = {
      ...object,
      metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }), ...owned },
    };
    if (!this.selected(whole.metadata.labels)) throw kubeErrors.NOT_SELECTED(whole, labelSelector ?? '');
    const annotations = { ...whole.metadata.annotations, [this.fingerprint]: digest(whole) };
    return { ...whole, metadata: { ...whole.metadata, annotations } };
  }
}

type Signal = { readonly signal?: AbortSignal };
type Draft = { readonly [list in keyof ApplyResult]: KubeObject[] };

const ownerIndex = 'controlledBy';

/** Before the fingerprint of what a create made. The cache has no `managedFields` to tell it by. */
const CREATED = 'created:';

function refuseStranger(live: KubeObject | undefined, owner: KubeObject): void {
  const other = live === undefined ? undefined : isOwnedByAnother(live, owner);
  if (live !== undefined && other !== undefined) throw kubeErrors.OWNED_BY_ANOTHER(live, other, owner);
}

/** What must be unchanged for an earlier answer of the server to hold: what we ask for, and everything it answered about it. */
function settlement(wanted: KubeObject, live: KubeObject): string {
  const { status, metadata, ...rest } = live;
  const { uid, labels, annotations, ownerReferences, finalizers } = metadata;
  return `${digest(wanted)} ${digest({ ...rest, metadata: { uid, labels, annotations, ownerReferences, finalizers } })}`;
}

function identity(object: KubeObject): string {
  const { namespace = '', name } = object.metadata;
  // Without the version: the same object may be rendered in one and listed in another.
  const group = object.apiVersion.includes('/') ? object.apiVersion.slice(0, object.apiVersion.indexOf('/')) : '';
  return `${group}/${object.kind}/${namespace}/${name}`;
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 22);
}
