import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { said } from './command.js';
import { ROOT } from './workspaces.js';

/** What a container engine would send of a fresh clone, by the patterns of a `.dockerignore`: files, from the root of the repository. */
export async function filesOfContext(dockerignore: string): Promise<readonly string[]> {
  const patterns = readFileSync(dockerignore, 'utf8').split('\n').filter(Boolean);
  const tracked = (await said('git', ['ls-files'], ROOT)).split('\n').filter(Boolean);
  const ignored = (file: string): boolean =>
    patterns.some((pattern) => matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`));
  return tracked.filter((file) => !ignored(file) && existsSync(join(ROOT, file)));
}

/** Puts these files into a folder, with the packages that are installed here, which the image installs by itself. */
export function layOut(files: readonly string[], folder: string): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  for (const home of new Set(files.filter((file) => file.endsWith('package.json')).map(dirname))) {
    const installed = join(ROOT, home, 'node_modules');
    if (existsSync(installed)) symlinkSync(installed, join(folder, home, 'node_modules'));
  }
}
