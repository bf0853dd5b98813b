import type { Condition } from '../kinds.js';
import { kinds } from '../kinds.js';
import { discoverResources, type ServedResource } from './api-resources.js';
import { isTrue } from './conditions.js';
import type { ControllerContext } from './controller.js';

/**
 * Keeps the list of everything the API server serves, custom resources included, and tells when it grows or shrinks.
 * Events are left out: they own nothing and are owned by nothing, and there are many.
 */
export class ServedKinds {
  #known = new Map<string, ServedResource>();
  #refreshing: Promise<void> | undefined;
  #again = false;
  readonly #stop: () => void;
  readonly #listeners = new Set<() => void>();

  constructor(readonly context: ControllerContext) {
    const mirror = context.view.mirror(kinds.customResourceDefinitions);
    this.#stop = mirror.observe(({ object, previous, gone }) => {
      const established = (definition: typeof object | undefined) =>
        isTrue((definition?.['status'] as { conditions?: Condition[] } | undefined)?.conditions, 'Established');
      if (
        gone ||
        established(object) !== established(previous) ||
        object.metadata.generation !== previous?.metadata.generation
      ) {
        void this.refresh();
      }
    });
    void this.refresh();
  }

  get busy(): boolean {
    return this.#refreshing !== undefined;
  }

  get all(): readonly ServedResource[] {
    return [...this.#known.values()];
  }

  /** The resource behind `apiVersion` and `kind` of an owner reference, whatever its version. */
  find(apiVersion: string, kind: string): ServedResource | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return this.all.find((resource) => resource.group === group && resource.kind === kind);
  }

  /** `listener` is called after each change of the list. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#load()
      .catch((error: unknown) => this.context.failed?.('discovery', '', error))
      .finally(() => {
        this.#refreshing = undefined;
        if (this.#again) {
          this.#again = false;
          void this.refresh();
        }
      });
    return this.#refreshing;
  }

  stop(): void {
    this.#stop();
    this.#listeners.clear();
  }

  async #load(): Promise<void> {
    const served = (await discoverResources(this.context.transport)).filter(({ plural }) => plural !== 'events');
    const next = new Map(served.map((resource) => [`${resource.group}/${resource.plural}`, resource]));
    const changed = [...next.keys(), ...this.#known.keys()].some((key) => next.has(key) !== this.#known.has(key));
    for (const [key, resource] of this.#known) if (!next.has(key)) this.context.view.forget(resource);
    this.#known = next;
    if (changed) for (const listener of this.#listeners) listener();
  }
}
