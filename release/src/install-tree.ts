import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { said } from './command.js';
import { packAll } from './tarballs.js';
import { ROOT } from './workspaces.js';

interface Locked {
  /** Where a link leads: a package of this repository. */
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

type Lock = Readonly<Record<string, Locked>>;

/** For people and compilers; a process that runs reads none of it. */
const UNUSED = /\.(map|d\.ts|d\.mts|d\.cts|tsbuildinfo|md|markdown)$/;

/**
 * Everything that a package of ours needs to run, as a folder to copy into an image: the packages as they are published, and of others the
 * versions that the lockfile names, for production only. Beside it the bill of materials, CycloneDX.
 */
export async function installTree(packageName: string, out: string): Promise<void> {
  const lock = (JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Lock }).packages;
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'lerna.json'), 'utf8')) as { version: string };
  const root = { name: 'image', version, private: true, type: 'module', dependencies: { [packageName]: version } };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(root, null, 2)}\n`);
  const paths = closure(lock, `node_modules/${packageName}`);
  const scratch = join(out, '.tarballs');
  mkdirSync(scratch);
  const tarballs = await packAll(scratch);
  for (const path of paths.filter((one) => lock[one]?.link === true)) {
    const tarball = tarballs.get(path.replace('node_modules/', ''));
    if (tarball === undefined) throw new Error(`${path} is a package of ours and was not packed`);
    mkdirSync(join(out, path), { recursive: true });
    await said('tar', ['-xzf', tarball.file, '--strip-components=1', '-C', join(out, path)], ROOT);
    prune(join(out, path));
  }
  rmSync(scratch, { recursive: true });
  for (const path of paths.filter((one) => lock[one]?.link !== true)) {
    const to = join(out, published(lock, path));
    mkdirSync(dirname(to), { recursive: true });
    // A package that is nested in this one comes by its own entry.
    cpSync(join(ROOT, path), to, {
      recursive: true,
      filter: (file) => !UNUSED.test(file) && !file.slice(join(ROOT, path).length).includes('node_modules'),
    });
  }
  // From what lies there: asked of the lockfile, npm leaves out what development shares with production.
  const sbom = await said('npm', ['sbom', '--sbom-format', 'cyclonedx'], out);
  writeFileSync(join(out, 'sbom.cdx.json'), sbom);
}

/** Paths in the lockfile of everything that is needed at run time. */
function closure(lock: Lock, start: string): readonly string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const real = lock[path]?.link === true ? (lock[path]?.resolved ?? path) : path;
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = lock[real] ?? {};
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys(dependencies), ...peers]) visit(resolved(lock, real, name));
  };
  visit(start);
  return [...found].sort();
}

/** As Node looks for it: beside, and then further and further up. */
function resolved(lock: Lock, from: string, name: string): string {
  for (let at = from; ; at = at.includes('/') ? dirname(at) : '') {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (lock[path] !== undefined && existsSync(join(ROOT, path))) return path;
    if (at === '') throw new Error(`${name}, which ${from} needs, is not installed: run "node tools/bootstrap.mjs"`);
  }
}

/** `packages/operator/node_modules/yaml` lies in `node_modules/@kaito-sdk/operator` once it is published. */
function published(lock: Lock, path: string): string {
  const home = Object.entries(lock).find(
    ([, { link, resolved: target }]) =>
      link === true && target !== undefined && path.startsWith(`${target}/node_modules/`),
  );
  return home === undefined ? path : path.replace(`${home[1].resolved}/`, `${home[0]}/`);
}

function prune(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && UNUSED.test(entry.name) && !path.includes('/templates/')) rmSync(path);
  }
}

/** Bytes of all files below a folder. */
export function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
