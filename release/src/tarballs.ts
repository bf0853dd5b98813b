import { join } from 'node:path';
import { said } from './command.js';
import { ROOT } from './workspaces.js';

/** One package as npm would publish it. */
export interface Tarball {
  readonly name: string;
  readonly file: string;
  /** Paths in the package. */
  readonly paths: readonly string[];
  readonly unpackedSize: number;
}

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs every package into a folder, as `lerna publish` would. */
export async function packAll(folder: string): Promise<ReadonlyMap<string, Tarball>> {
  const out = await said('npm', ['pack', '--workspace=packages', '--json', '--pack-destination', folder], ROOT);
  // npm 11 answers a list, npm 12 an object by name; scripts may print before it.
  const answer = JSON.parse(out.slice(out.search(/^[[{]/m))) as readonly Packed[] | Readonly<Record<string, Packed>>;
  const packed = Array.isArray(answer) ? (answer as readonly Packed[]) : Object.values(answer);
  return new Map(
    packed.map(({ name, filename, unpackedSize, files }) => [
      name,
      { name, file: join(folder, filename), unpackedSize, paths: files.map(({ path }) => path) },
    ]),
  );
}
