/** What two servers said differently, and where: a path into the answers. */
export interface Difference {
  readonly at: string;
  readonly real: unknown;
  readonly ours: unknown;
}

/** What a server said to one step. */
export interface Said {
  readonly status: number;
  readonly warning: string | undefined;
  readonly body: unknown;
}

/** Decided by each server for itself. */
const OWN = new Set(['uid', 'creationTimestamp', 'time', 'deletionTimestamp', 'clusterIP', 'clusterIPs', 'nodePort']);

/**
 * Makes the answers of one server comparable. Revisions become "same" or "new" for each object; what a server decides for itself,
 * and the wording of messages, is left out. To be given each answer, in order.
 */
export class Comparable {
  readonly #revisions = new Map<string, unknown>();

  of(said: Said): Said {
    return { ...said, body: this.#value(said.body, '') };
  }

  #value(value: unknown, name: string): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#value(item, name));
      // Entries of one second stand in the order of their managers, and the second may end between two servers.
      return name === 'managedFields' || name === 'causes' ? items.map((item) => JSON.stringify(item)).sort() : items;
    }
    if (typeof value !== 'object' || value === null) return value;
    const { name: own, resourceVersion } = value as { name?: unknown; resourceVersion?: unknown };
    const found: Record<string, unknown> = {};
    for (const key of Object.keys(value).sort()) {
      const inner = (value as Record<string, unknown>)[key];
      if (OWN.has(key)) found[key] = '*';
      else if (key === 'message') continue;
      else if (key === 'resourceVersion') found[key] = this.#revision(String(own), resourceVersion);
      else found[key] = this.#value(inner, key);
    }
    return found;
  }

  /** A list has no name; its revision moves with the writes of others. */
  #revision(name: string, revision: unknown): string {
    if (name === 'undefined') return '*';
    const known = this.#revisions.get(name) === revision;
    this.#revisions.set(name, revision);
    return known ? 'same' : 'new';
  }
}

/** All places where two comparable values differ. */
export function differences(real: unknown, ours: unknown, at = ''): Difference[] {
  if (JSON.stringify(real) === JSON.stringify(ours)) return [];
  if (isNested(real) && isNested(ours) && Array.isArray(real) === Array.isArray(ours)) {
    const keys = new Set([...Object.keys(real), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => differences(real[key], ours[key], `${at}.${key}`));
  }
  return [{ at, real, ours }];
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
