import type { Kind } from '../kinds.js';

/** One resource that the API server serves. */
export interface ServedResource extends Kind {
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What is asked for the resources: the API server's own table. */
export interface ResourceSource {
  all(): readonly ServedResource[];
  /** Versions of a group, the preferred one first. */
  versions(group: string): readonly string[];
}

/** Everything that can be listed, watched and deleted, once each, in the most preferred version that has it. */
export function preferredResources(source: ResourceSource): ServedResource[] {
  const found = new Map<string, ServedResource>();
  for (const resource of source.all()) {
    if (!['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb))) continue;
    const key = `${resource.group}/${resource.plural}`;
    const order = source.versions(resource.group);
    const known = found.get(key);
    const better = known === undefined || order.indexOf(resource.version) < order.indexOf(known.version);
    if (!better) continue;
    const { group, version, plural, kind, namespaced, verbs } = resource;
    found.set(key, { group, version, plural, kind, namespaced, verbs });
  }
  return [...found.values()];
}
