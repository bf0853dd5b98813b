import { isObject, type JsonObject } from '../store/json.js';
import { parseJson, writeJson } from '../store/lossless-json.js';

/**
 * A set of field paths, in the shape of `fieldsV1`: a path element is `f:name`, `k:{"key":"value"}` for an item of a keyed list, or
 * `v:"value"` for one of a set. Operations answer new sets; parts may be shared between them, so a set is never changed once it is built.
 */
export class FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, FieldSet>;

  constructor(members: Iterable<string> = [], children: Iterable<readonly [string, FieldSet]> = []) {
    this.members = new Set(members);
    this.children = new Map(children);
  }

  static readonly empty = new FieldSet();

  /** Reads the wire form. What is not one is taken as empty, as a client's broken managedFields are. */
  static fromJson(json: unknown): FieldSet {
    const set = new FieldSet();
    if (!isObject(json)) return set;
    for (const [element, below] of Object.entries(json)) {
      if (element === '.') continue;
      const inner = isObject(below) ? below : {};
      const keys = Object.keys(inner);
      if (keys.length === 0 || '.' in inner) set.members.add(element);
      if (keys.some((key) => key !== '.')) set.children.set(element, FieldSet.fromJson(inner));
    }
    return set;
  }

  toJson(): JsonObject {
    const json: JsonObject = {};
    for (const element of [...new Set([...this.members, ...this.children.keys()])].sort()) {
      const child = this.children.get(element);
      const below = child === undefined ? {} : child.toJson();
      json[element] = child !== undefined && this.members.has(element) ? { '.': {}, ...below } : below;
    }
    return json;
  }

  get isEmpty(): boolean {
    if (this.members.size > 0) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  /** The set below one element; the empty one where there is none. */
  below(element: string): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const out = new FieldSet([...this.members, ...other.members], this.children);
    for (const [element, child] of other.children) {
      const mine = this.children.get(element);
      out.children.set(element, mine === undefined ? child : mine.union(child));
    }
    return out;
  }

  /** Paths in this set that are not in the other. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const out = new FieldSet();
    for (const element of this.members) if (!other.members.has(element)) out.members.add(element);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      const rest = theirs === undefined ? child : child.difference(theirs);
      if (!rest.isEmpty) out.children.set(element, rest);
    }
    return out;
  }

  intersection(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const element of this.members) if (other.members.has(element)) out.members.add(element);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (theirs === undefined) continue;
      const both = child.intersection(theirs);
      if (!both.isEmpty) out.children.set(element, both);
    }
    return out;
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** Every path, as the real server words it in a conflict: `.spec.containers[name="x"].image`. */
  paths(): string[] {
    const found: string[] = [];
    const walk = (set: FieldSet, prefix: string): void => {
      for (const element of [...set.members].sort()) found.push(prefix + elementText(element));
      for (const element of [...set.children.keys()].sort()) walk(set.below(element), prefix + elementText(element));
    };
    walk(this, '');
    return found;
  }
}

function elementText(element: string): string {
  const body = element.slice(2);
  if (element.startsWith('f:')) return `.${body}`;
  if (element.startsWith('k:')) {
    const keys = parseJson(body) as JsonObject;
    return `[${Object.entries(keys)
      .map(([key, value]) => `${key}=${writeJson(value)}`)
      .join(',')}]`;
  }
  return element.startsWith('v:') ? `[=${body}]` : `[${body}]`;
}
