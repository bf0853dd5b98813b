import type { Digest } from './digest.js';
import { ociError } from './errors.js';

/** A file of the image whose content lies in a folder of ours, under a name of ours. */
export interface StagedFile {
  readonly kind: 'file';
  readonly staged: string;
  readonly size: number;
  readonly digest: Digest;
  readonly executable: boolean;
}

type Node = StagedFile | Folder | { readonly kind: 'symlink'; readonly target: string };

interface Folder {
  readonly kind: 'folder';
  readonly children: Map<string, Node>;
}

/** What one layer does to the layers below. Whiteouts never hide entries of their own layer. */
export interface LayerChanges {
  /** Paths that vanish. */
  readonly removed: Set<string>;
  /** Folders that lose what they had. */
  readonly emptied: Set<string>;
  readonly added: Map<
    string,
    Node | { readonly kind: 'folder' } | { readonly kind: 'hardlink'; readonly target: string }
  >;
}

export const noChanges = (): LayerChanges => ({ removed: new Set(), emptied: new Set(), added: new Map() });

/** Links followed before a chain is taken for a circle, as Linux does it. */
const longestLinkChain = 40;

/**
 * The part of an image's file system that is wanted, kept in memory while contents lie aside. Names from the image never
 * reach the real file system before all layers are applied and every link is known to stay inside.
 */
export class ImageTree {
  readonly #root: Folder = { kind: 'folder', children: new Map() };

  constructor(
    private readonly what: string,
    private readonly path: readonly string[],
  ) {}

  /** Puts a layer on top. */
  apply(changes: LayerChanges): void {
    for (const path of changes.emptied) {
      const node = this.#at(partsOf(path));
      if (node?.kind === 'folder') node.children.clear();
    }
    for (const path of changes.removed) this.#remove(partsOf(path));
    for (const [path, change] of changes.added) {
      const parts = partsOf(path);
      const before = this.#at(parts);
      if (change.kind === 'hardlink') this.#put(parts, this.#linked(path, change.target));
      else if (change.kind !== 'folder') this.#put(parts, change);
      else if (before?.kind !== 'folder') this.#put(parts, { kind: 'folder', children: new Map() });
    }
  }

  /** The files under the wanted path, by their path from there, sorted. Throws `PATH_MISSING`, `ENTRY_ESCAPES`. */
  files(): ReadonlyMap<string, StagedFile> {
    const top = this.#at(this.path);
    const wanted = this.path.join('/');
    if (top !== undefined && top.kind !== 'folder') throw ociError('ENTRY_UNSUPPORTED', this.what, wanted, 'no folder');
    const found = new Map<string, StagedFile>();
    const visit = (folder: Folder, at: readonly string[]): void => {
      for (const [name, node] of [...folder.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const path = [...at, name];
        if (node.kind === 'folder') visit(node, path);
        else found.set(path.join('/'), node.kind === 'file' ? node : this.#followed([...this.path, ...path]));
      }
    };
    if (top !== undefined) visit(top, []);
    if (found.size === 0) throw ociError('PATH_MISSING', this.what, wanted);
    return found;
  }

  #at(parts: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of parts) node = node?.kind === 'folder' ? node.children.get(part) : undefined;
    return node;
  }

  #remove(parts: readonly string[]): void {
    const parent = this.#at(parts.slice(0, -1));
    const name = parts.at(-1);
    if (parent?.kind === 'folder' && name !== undefined) parent.children.delete(name);
  }

  #put(parts: readonly string[], node: Node): void {
    let folder = this.#root;
    for (const part of parts.slice(0, -1)) {
      const next: Node = folder.children.get(part) ?? { kind: 'folder', children: new Map() };
      if (next.kind === 'symlink') throw this.#escapes(parts, 'lies behind a link');
      const child: Folder = next.kind === 'folder' ? next : { kind: 'folder', children: new Map() };
      folder.children.set(part, child);
      folder = child;
    }
    const name = parts.at(-1);
    if (name !== undefined) folder.children.set(name, node);
  }

  #linked(path: string, target: string): Node {
    const node = this.#at(partsOf(target));
    if (node?.kind === 'file') return node;
    throw this.#escapes(partsOf(path), `is a hard link to "${target}", which is no file under /${this.path.join('/')}`);
  }

  /** The file that a symbolic link means, every step of it inside the wanted path. */
  #followed(link: readonly string[]): StagedFile {
    let rest: readonly string[] = link;
    let at: readonly string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const [part = '', ...after] = rest;
      rest = after;
      if (part === '..') {
        at = at.slice(0, -1);
        continue;
      }
      const here = [...at, part];
      const node = this.#at(here);
      if (node === undefined) break;
      if (node.kind === 'file' && rest.length === 0) return node;
      if (node.kind !== 'symlink') {
        at = here;
        continue;
      }
      links += 1;
      if (links > longestLinkChain) throw this.#escapes(link, 'is a link in a circle');
      const steps = node.target.split('/').filter((step) => step !== '' && step !== '.');
      if (node.target.startsWith('/')) at = [];
      rest = [...steps, ...rest];
    }
    throw this.#escapes(link, `is a link that leads to no file under /${this.path.join('/')}`);
  }

  #escapes(parts: readonly string[], why: string) {
    return ociError('ENTRY_ESCAPES', this.what, parts.join('/'), why);
  }
}

const partsOf = (path: string): readonly string[] => (path === '' ? [] : path.split('/'));
