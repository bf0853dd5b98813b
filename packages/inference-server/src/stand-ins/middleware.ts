import { existsSync, readFileSync } from 'node:fs';
import type { ContainerStart } from './image-program.js';
import { mountedPath } from './mounted-path.js';

/** What the `--middleware` of a vLLM server brings. */
export type Middleware =
  /** The paths of this package that the mounted file speaks of. */
  | { readonly kind: 'found'; readonly paths: readonly string[] }
  | { readonly kind: 'missing'; readonly message: string };

/** Paths of this package's own server that vLLM does not have. */
export const OUR_PATHS: readonly string[] = ['/chat', '/healthz', '/ready'];

/**
 * Looks for a middleware as Python would import it: `module.Class` in a file on PYTHONPATH. The stand-in runs no Python, so it reads the
 * file only for the paths in it and answers them itself.
 */
export function readMiddleware(container: ContainerStart, importPaths: readonly string[]): Middleware {
  const sources: string[] = [];
  for (const importPath of importPaths) {
    const dot = importPath.lastIndexOf('.');
    const [module, name] = [importPath.slice(0, Math.max(dot, 0)), importPath.slice(dot + 1)];
    const file = find(container, `${module.replaceAll('.', '/')}.py`);
    if (module === '' || file === undefined)
      return { kind: 'missing', message: `ModuleNotFoundError: No module named '${module || importPath}'` };
    const source = readFileSync(file, 'utf8');
    if (!new RegExp(`^(class|def|async def) ${name}\\b`, 'm').test(source))
      return { kind: 'missing', message: `AttributeError: module '${module}' has no attribute '${name}'` };
    sources.push(source);
  }
  const paths = OUR_PATHS.filter((path) =>
    sources.some((source) => source.includes(`"${path}"`) || source.includes(`'${path}'`)),
  );
  return { kind: 'found', paths };
}

/** The file on this machine that the container would import, if one of its mounts holds it. */
function find(container: ContainerStart, file: string): string | undefined {
  const folders = (container.env.PYTHONPATH ?? '').split(':').filter((entry) => entry !== '');
  return folders
    .flatMap((folder) => mountedPath(container, `${folder.replace(/\/$/, '')}/${file}`) ?? [])
    .find((path) => existsSync(path));
}
