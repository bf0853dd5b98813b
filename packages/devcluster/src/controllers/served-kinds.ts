import { kinds } from '../kinds.js';
import type { ServedResource } from './api-resources.js';
import type { ControllerContext } from './controller.js';

/**
 * Keeps the list of everything the API server serves, custom resources included, and tells when it grows or shrinks.
 * Events are left out: they own nothing and are owned by nothing, and there are many.
 */
export class ServedKinds {
  readonly #context: ControllerContext;
  readonly #known = new Map<string, ServedResource>();
  readonly #stop: () => void;
  readonly #listeners = new Set<() => void>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#refresh();
    this.#stop = context.view.mirror(kinds.customResourceDefinitions).observe(() => this.#refresh());
  }

  get all(): readonly ServedResource[] {
    return [...this.#known.values()];
  }

  /** The resource behind `apiVersion` and `kind` of an owner reference, whatever its version. */
  find(apiVersion: string, kind: string): ServedResource | undefined {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    for (const resource of this.#known.values())
      if (resource.group === group && resource.kind === kind) return resource;
    return undefined;
  }

  /** `listener` is called after each change of the list. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #refresh(): void {
    const served = this.#context.resources().filter(({ plural }) => plural !== 'events');
    const next = new Map(served.map((resource) => [`${resource.group}/${resource.plural}`, resource]));
    let changed = false;
    for (const [key, resource] of this.#known) {
      if (next.has(key)) continue;
      this.#known.delete(key);
      this.#context.view.forget(resource);
      changed = true;
    }
    for (const [key, resource] of next) {
      changed ||= !this.#known.has(key);
      this.#known.set(key, resource);
    }
    if (changed) for (const listener of this.#listeners) listener();
  }
}
