import { createHash } from 'node:crypto';
import { differs } from './applied.js';
import type { KubeClient } from './client.js';
import type { Cache, Informer } from './informer.js';
import { kindOf } from './kinds.js';
import { kubeErrors } from './kube-errors.js';
import type { KubeObject, OwnerReference, ResourceKind } from './objects.js';

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
  /** Annotation with the fingerprint of what was rendered last. @default 'kaito-sdk.io/rendered' */
  readonly fingerprint?: string;
}

/** What came of an {@link Applier.apply}. */
export interface ApplyResult {
  /** The live version of each rendered object, in the order given; missing for those that are still being deleted. */
  readonly live: readonly KubeObject[];
  readonly written: readonly KubeObject[];
  readonly removed: readonly KubeObject[];
  /** Being deleted under the name of a rendered one: it is made again once they are gone, which wakes the owner up. */
  readonly terminating: readonly KubeObject[];
}

/**
 * Makes the objects of one owner equal to what was rendered for it, with as many requests as there are differences.
 *
 * The inventory is the cluster itself: what carries the owner's controlling reference. Nothing is remembered that a restart
 * would lose, except that a certain write was found to change nothing.
 */
export class Applier {
  private readonly settled = new Map<string, string>();

  constructor(private readonly options: ApplierOptions) {
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
   */
  async apply(
    rendered: readonly KubeObject[],
    owner: KubeObject,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ApplyResult> {
    const result = {
      live: [] as KubeObject[],
      written: [] as KubeObject[],
      removed: [] as KubeObject[],
      terminating: [] as KubeObject[],
    };
    const kept = new Set<string>();
    for (const object of rendered) {
      const wanted = this.complete(object, owner);
      const resource = kindOf(wanted);
      kept.add(identity(wanted));
      const informer = this.owned(resource);
      await informer.synced();
      const live = informer.get(wanted.metadata.namespace, wanted.metadata.name);
      refuseStranger(live, owner);
      if (live?.metadata.deletionTimestamp !== undefined) {
        result.terminating.push(live);
      } else if (live !== undefined && this.isAsRendered(wanted, live)) {
        result.live.push(live);
      } else {
        const after = await this.options.client.apply(resource, wanted, {
          fieldManager: this.options.fieldManager,
          ...options,
        });
        this.settled.set(identity(wanted), settlement(wanted, after));
        result.live.push(after);
        if (after.metadata.resourceVersion !== live?.metadata.resourceVersion) result.written.push(after);
      }
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
    if (!differs(wanted, live)) return true;
    // Something differs that the server does not care about: it was told before, and changed nothing.
    return this.settled.get(identity(wanted)) === settlement(wanted, live);
  }

  private owned(resource: ResourceKind): Informer {
    const informer = this.options.cache.informer(resource);
    informer.addIndex(ownerIndex, (object) => {
      const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
      return owner === undefined ? [] : [owner.uid];
    });
    return informer;
  }

  private complete(object: KubeObject, owner: KubeObject): KubeObject {
    const { metadata } = object;
    refuseForeignScope(object, owner);
    const namespace = metadata.namespace ?? (kindOf(object).namespaced ? owner.metadata.namespace : undefined);
    const others = metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
    const whole: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        ...(namespace === undefined ? {} : { namespace }),
        ownerReferences: [...others, ownerReference(owner)],
      },
    };
    const fingerprint = digest(whole);
    const annotations = { ...metadata.annotations, [this.options.fingerprint ?? 'kaito-sdk.io/rendered']: fingerprint };
    return { ...whole, metadata: { ...whole.metadata, annotations } };
  }
}

const ownerIndex = 'controlledBy';

/** The reference by which `owner` controls an object, and by which the garbage collector finds it. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw kubeErrors.OWNER_NOT_STORED(owner);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The garbage collector takes an owner that it cannot see from where the object lives for a missing one, and deletes. */
function refuseForeignScope(object: KubeObject, owner: KubeObject): void {
  const home = owner.metadata.namespace;
  if (home === undefined) return;
  const at = kindOf(object).namespaced ? (object.metadata.namespace ?? home) : undefined;
  if (at === home) return;
  throw kubeErrors.OUT_OF_OWNERS_REACH(object, at, owner);
}

function refuseStranger(live: KubeObject | undefined, owner: KubeObject): void {
  const other = live?.metadata.ownerReferences?.find(
    ({ controller, uid }) => controller === true && uid !== owner.metadata.uid,
  );
  if (live === undefined || other === undefined) return;
  throw kubeErrors.OWNED_BY_ANOTHER(live, other, owner);
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
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('base64url')
    .slice(0, 22);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, sorted(record[key])]),
  );
}
