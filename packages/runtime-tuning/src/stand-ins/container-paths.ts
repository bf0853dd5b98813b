import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { ContainerStart } from './image-program.js';

/** Where the kubelet looks for a container's last words, by the default of the API. */
const LAST_WORDS = '/dev/termination-log';

/** Where a path of the container lies on this machine; undefined when nothing is mounted there. */
export function hostPath({ mounts }: ContainerStart, path: string): string | undefined {
  const holding = mounts
    .map(({ mountPath, hostPath: at }) => ({ below: relative(mountPath, path), at, length: mountPath.length }))
    .filter(({ below }) => !below.startsWith('..') && !isAbsolute(below))
    .sort((a, b) => b.length - a.length)[0];
  return holding && join(holding.at, holding.below);
}

/** The path of the container's last words on this machine. */
export function lastWords(container: ContainerStart): string {
  const path = hostPath(container, LAST_WORDS);
  if (path === undefined) throw new Error('the kubelet gives this container no file for its last words');
  return path;
}

/**
 * A folder below which the container's mounts lie under their own names, for programs that take one root for all. It lies beside the last
 * words, and goes with the pod.
 */
export function rootOf(container: ContainerStart): string {
  const root = `${lastWords(container)}.root`;
  rmSync(root, { recursive: true, force: true });
  for (const { mountPath, hostPath: at } of container.mounts) {
    if (mountPath === LAST_WORDS) continue;
    const link = join(root, mountPath);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(at, link);
  }
  return root;
}

/** The values of variables that are paths of the container, as paths of this machine. */
export function translated(container: ContainerStart): Record<string, string> {
  const entries = Object.entries(container.env).map(([name, value]) => {
    const at = value.startsWith('/') ? hostPath(container, value) : undefined;
    return [name, at ?? value] as const;
  });
  return Object.fromEntries(entries);
}
