import { join } from 'node:path';
import type { ContainerStart } from './image-program.js';

/** Where on this machine a path of the container lies, by the deepest mount that holds it. Nothing: it is of the image, which is not here. */
export function mountedPath({ mounts }: Pick<ContainerStart, 'mounts'>, path: string): string | undefined {
  const [deepest] = mounts
    .filter(({ mountPath }) => isWithin(path, mountPath))
    .sort((a, b) => b.mountPath.length - a.mountPath.length);
  return deepest === undefined ? undefined : join(deepest.hostPath, path.slice(deepest.mountPath.length));
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
