import type { ResourceName } from '../objects.js';
import type { Resource } from './resource.js';

const keyOf = (name: ResourceName): string => `${name.group}/${name.version}/${name.plural}`;

/** Everything the server serves right now. CustomResourceDefinitions add to it and take away from it. */
export class ResourceTable {
  readonly #byName = new Map<string, Resource>();
  #generation = 0;

  /** Goes up with every change; discovery and OpenAPI documents are remade when it does. */
  get generation(): number {
    return this.#generation;
  }

  set(resource: Resource): void {
    this.#byName.set(keyOf(resource), resource);
    this.#generation++;
  }

  remove(name: ResourceName): void {
    if (this.#byName.delete(keyOf(name))) this.#generation++;
  }

  get(group: string, version: string, plural: string): Resource | undefined {
    return this.#byName.get(`${group}/${version}/${plural}`);
  }

  all(): Resource[] {
    return [...this.#byName.values()];
  }

  /** Versions of a group that have resources, in the order of preference: GA first, then beta, then alpha, higher numbers first. */
  versions(group: string): string[] {
    const found = new Set<string>();
    for (const resource of this.#byName.values()) if (resource.group === group) found.add(resource.version);
    return [...found].sort(compareVersions);
  }

  hasGroup(group: string): boolean {
    for (const resource of this.#byName.values()) if (resource.group === group) return true;
    return false;
  }
}

const shape = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Kubernetes' order of versions: v10, v2, v1, v2beta1, v1alpha3, then everything else by name. */
export function compareVersions(a: string, b: string): number {
  const left = shape.exec(a);
  const right = shape.exec(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  const rank = (stage: string | undefined): number => (stage === undefined ? 2 : stage === 'beta' ? 1 : 0);
  return (
    rank(right[2]) - rank(left[2]) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}
