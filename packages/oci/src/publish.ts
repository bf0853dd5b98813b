import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { ociError } from './errors.js';
import type { StagedFile } from './image-tree.js';

/** The folder, inside the target, of a pull that is not finished. The same file system, so that moving is one step. */
export const partialFolder = '.oci-partial';

/** What to do with files that are in the target already. */
export type Existing = 'refuse' | 'replace';

/**
 * Makes the target ready: it exists, an earlier pull that was cut off is cleared away, and there is an empty folder for
 * contents, which is answered. Throws `TARGET_NOT_EMPTY`.
 */
export async function prepareTarget(into: string, existing: Existing): Promise<string> {
  await mkdir(into, { recursive: true });
  await abandon(into);
  const partial = join(into, partialFolder);
  if (existing === 'refuse' && (await readdir(into)).length > 0) throw ociError('TARGET_NOT_EMPTY', into);
  const contents = join(partial, 'contents');
  await mkdir(contents, { recursive: true });
  return contents;
}

/** Moves the staged files to their names. Only now do names of the image become names on disk. */
export async function publish(what: string, into: string, files: ReadonlyMap<string, StagedFile>): Promise<void> {
  const partial = join(into, partialFolder);
  const tree = join(partial, 'tree');
  const uses = new Map<string, number>();
  for (const file of files.values()) uses.set(file.staged, (uses.get(file.staged) ?? 0) + 1);
  for (const [path, file] of files) {
    const refused = path.split('/').find((part) => part === partialFolder || (sep === '\\' && /[\\:]/.test(part)));
    if (refused !== undefined) throw ociError('ENTRY_UNSUPPORTED', what, path, 'a name that cannot be used here');
    const to = join(tree, path);
    await mkdir(dirname(to), { recursive: true });
    // Links give one content several names; the last of them takes the file itself.
    const left = (uses.get(file.staged) ?? 1) - 1;
    uses.set(file.staged, left);
    if (left > 0) await copyFile(file.staged, to);
    else await rename(file.staged, to);
  }
  const names = await readdir(tree);
  for (const name of await readdir(into)) {
    if (name !== partialFolder) await rm(join(into, name), { recursive: true, force: true });
  }
  await writeFile(join(partial, 'moving.json'), JSON.stringify(names));
  for (const name of names) await rename(join(tree, name), join(into, name));
  await rm(partial, { recursive: true, force: true });
}

/** Clears away what a pull left that failed or was cut off, also in the middle of moving. */
export async function abandon(into: string): Promise<void> {
  const partial = join(into, partialFolder);
  const moving = await readFile(join(partial, 'moving.json'), 'utf8').catch(() => '[]');
  for (const name of namesIn(moving)) await rm(join(into, name), { recursive: true, force: true });
  await rm(partial, { recursive: true, force: true });
}

/** The names of a list that may have been cut off while it was written: then nothing was moved yet. */
function namesIn(text: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && isPlainName(name)) : [];
  } catch {
    return [];
  }
}

const isPlainName = (name: string): boolean => !['', '.', '..'].includes(name) && basename(name) === name;
