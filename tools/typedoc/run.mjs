// npm run docs:api [-- FOLDER]: the reference of every public export as HTML, by default in build/api. A public class, interface, function,
// type or constant without a docstring, or a link that leads nowhere, ends it with an error.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, TSConfigReader, TypeDocReader } from 'typedoc';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');

/** The sources of every way into a package that is published. */
export function entryPoints() {
  const packages = join(root, 'packages');
  return readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .flatMap((folder) => {
      const { exports = {}, private: hidden } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (hidden === true) return [];
      return Object.values(exports).flatMap(({ types }) =>
        types === undefined ? [] : [join(folder, types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'))],
      );
    });
}

/** @returns the exit code */
export async function documentApi(entries, out, tsconfig = join(here, 'tsconfig.json')) {
  const options = { options: join(here, 'typedoc.json'), tsconfig, entryPoints: entries };
  const app = await Application.bootstrapWithPlugins(options, [new TypeDocReader(), new TSConfigReader()]);
  const project = await app.convert();
  if (project === undefined) return 1;
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return 1;
  await app.generateDocs(project, out);
  return app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await documentApi(entryPoints(), resolve(process.argv[2] ?? join(root, 'build', 'api')));
}
