import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue, PLUGIN_API } from '@kaito-sdk/core';
import { VERSION } from './version.js';

const templates = fileURLToPath(new URL('../templates/', import.meta.url));

/** What can be made. */
export const SCAFFOLDS = ['operator', 'preset-pack', 'provisioner', 'runtime'] as const;
export type Scaffold = (typeof SCAFFOLDS)[number];

/** What every scaffold is built and tested with: the versions that this SDK is built and tested with. */
export const TOOLS = {
  '@types/mocha': '10.0.10',
  '@types/node': '24.19.2',
  mocha: '12.0.3',
  typescript: '7.0.2',
} as const;

/** What some of them need besides: the versions that packages of this SDK have. */
export const LIBRARIES = { __CLASS_VALIDATOR__: '0.15.1', __YAML__: '2.9.1' } as const;

export const scaffoldErrors = catalogue({
  SCAFFOLD_FOLDER_TAKEN: (folder: string) => `${folder} is there already and not empty: choose another folder`,
  SCAFFOLD_NAME_INVALID: (name: string) =>
    `"${name}" cannot be the name of an npm package: lower-case letters, digits, "-" and ".", with a scope if you like: @acme/models`,
});

/** Writes a project that passes its own tests as it stands. Answers the paths of its files. An edge: writes files. */
export function scaffold(kind: Scaffold, packageName: string, folder: string): readonly string[] {
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(packageName)) {
    throw scaffoldErrors.SCAFFOLD_NAME_INVALID(packageName);
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) throw scaffoldErrors.SCAFFOLD_FOLDER_TAKEN(folder);
  const words: Readonly<Record<string, string>> = {
    __PACKAGE__: packageName,
    // Also a label, a runtime, the first part of an API group: no dots.
    __NAME__: (packageName.split('/').at(-1) ?? packageName).replaceAll(/[._]/g, '-'),
    __VERSION__: VERSION,
    __API__: PLUGIN_API,
    ...LIBRARIES,
  };
  const written: string[] = [];
  for (const part of ['common', kind]) {
    for (const entry of readdirSync(join(templates, part), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const from = join(entry.parentPath, entry.name);
      // npm takes a .gitignore out of what it packs.
      const to = join(folder, from.slice(join(templates, part).length + 1).replace(/^gitignore$/, '.gitignore'));
      const text = readFileSync(from, 'utf8').replaceAll(/__[A-Z_]+?__/g, (word) => words[word] ?? word);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, entry.name === 'package.json' ? withTools(text) : text);
      written.push(to);
    }
  }
  return written.sort();
}

function withTools(text: string): string {
  const manifest = JSON.parse(text) as { devDependencies?: Record<string, string> };
  const devDependencies = Object.fromEntries(Object.entries({ ...manifest.devDependencies, ...TOOLS }).sort());
  return `${JSON.stringify({ ...manifest, devDependencies }, null, 2)}\n`;
}
