import { fileURLToPath } from 'node:url';
import type { ContainerStart, ImageProgram, ProcessSpec, Refusal } from './image-program.js';

export interface DataImageOptions {
  readonly match: (image: string) => boolean;
  /** Folder of this machine with what the image has under `/data`. */
  readonly data: string;
  /** Whether there is a shell in the image; images of `oras push` have none. @default true */
  readonly shell?: boolean;
}

const copy = fileURLToPath(new URL('./copy-folder.js', import.meta.url));

/** An image that carries data, and whose shell is asked for nothing but to copy it, as KAITO v0.3 did with adapters. */
export function dataImage({ match, data, shell = true }: DataImageOptions): ImageProgram {
  return { match, start: (container) => (shell ? start(container, data) : noShell(container)) };
}

function start(container: ContainerStart, data: string): ProcessSpec | Refusal {
  const [program, flag, line = '', ...more] = [...container.command, ...container.args];
  const [, target] = /^cp -R \/data\/\. (\/\S+)\/$/.exec(line) ?? [];
  if (program !== '/bin/sh' || flag !== '-c' || target === undefined || more.length > 0) {
    return { refuse: 'exit', message: 'the stand-in only knows: /bin/sh -c "cp -R /data/. FOLDER/"', code: 2 };
  }
  const mount = container.mounts.find(({ mountPath }) => mountPath === target);
  if (!mount)
    return { refuse: 'exit', message: `cp: can't create directory '${target}/': Read-only file system`, code: 1 };
  return { command: process.execPath, args: [copy, data, mount.hostPath] };
}

function noShell({ command }: ContainerStart): Refusal {
  const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${command[0] ?? ''}": stat ${command[0] ?? ''}: no such file or directory: unknown`;
  return { refuse: 'start', message };
}
