import type { ClusterClient, DeleteOptions } from '../client.js';
import { apiVersionOf, type Kind } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import { isAboutField, isReason } from './api-failure.js';
import { Mirror } from './mirror.js';

/**
 * What the controllers see of the cluster: one shared watch a kind, and writes that are visible in it at once.
 *
 * Reading what was just written is what keeps a level-driven controller from doing things twice, so all controllers
 * write through here and not through the bare client.
 */
export class ClusterView {
  readonly #mirrors = new Map<string, Mirror<KubeObject>>();
  readonly #stops: (() => void)[] = [];
  #stopped = false;

  constructor(readonly client: ClusterClient) {}

  /** The mirror of a kind; the first call opens the watch. Await its `synced` before drawing conclusions from absence. */
  mirror<T extends KubeObject>(kind: Kind<T>): Mirror<T> {
    const key = `${kind.group}/${kind.plural}`;
    let mirror = this.#mirrors.get(key);
    if (mirror === undefined) {
      mirror = new Mirror<KubeObject>();
      this.#mirrors.set(key, mirror);
      if (!this.#stopped) this.#follow(kind, mirror);
    }
    // The API server has validated what it serves, so the shape named by the kind holds.
    return mirror as unknown as Mirror<T>;
  }

  #follow(kind: Kind, mirror: Mirror<KubeObject>): void {
    this.#stops.push(this.client.watch(kind, {}, (event) => mirror.learn(event.type, event.object)));
    mirror.synced = this.client.list(kind).then(
      (page) => {
        for (const item of page.items) {
          mirror.learn(
            'ADDED',
            item.kind === undefined ? { ...item, kind: kind.kind, apiVersion: apiVersionOf(kind) } : item,
          );
        }
      },
      () => undefined,
    );
  }

  /** Stops following a kind, for one that is no longer served. */
  forget(kind: Kind): void {
    this.#mirrors.delete(`${kind.group}/${kind.plural}`);
  }

  async create<T extends KubeObject>(kind: Kind<T>, object: KubeObject): Promise<T> {
    const created = await this.client.create(kind, object);
    this.#mirrors.get(`${kind.group}/${kind.plural}`)?.learn('ADDED', created);
    return created as T;
  }

  /** Answers undefined when the object is gone, or the patch has a uid and another object has taken the name. */
  async merge<T extends KubeObject>(
    kind: Kind<T>,
    object: KubeObject,
    patch: object,
    subresource?: string,
  ): Promise<T | undefined> {
    const { namespace, name } = object.metadata;
    try {
      const merged = await this.client.merge(kind, namespace, name, patch, subresource);
      this.#mirrors.get(`${kind.group}/${kind.plural}`)?.learn('MODIFIED', merged);
      return merged as T;
    } catch (error) {
      if (isReason(error, 'NotFound') || isAboutField(error, 'metadata.uid')) return undefined;
      throw error;
    }
  }

  /** Deletes this very object, never a later one of the same name. Gone already is fine. */
  async delete(kind: Kind, object: KubeObject, options: DeleteOptions = {}): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await this.client.delete(kind, namespace, name, { ...preconditions, ...options });
    } catch (error) {
      if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) throw error;
    }
    const mirror = this.#mirrors.get(`${kind.group}/${kind.plural}`);
    if (mirror === undefined) return;
    const left = await this.client.get(kind, namespace, name);
    if (left === undefined || left.metadata.uid !== uid) mirror.learn('DELETED', object);
    if (left !== undefined) mirror.learn('MODIFIED', left);
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
  }
}
