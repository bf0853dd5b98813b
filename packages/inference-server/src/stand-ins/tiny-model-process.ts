import { fileURLToPath } from 'node:url';
import { tinyModelPath } from '../tiny-model.js';
import type { ContainerMount, ProcessSpec } from './image-program.js';

/** An adapter, where it lies on this machine. */
export interface StandInAdapter {
  readonly name: string;
  readonly path: string;
  readonly strength: number;
}

/** What a stand-in found out about the server that it takes the place of. */
export interface StandInServer {
  /** What would have run, for the notice. */
  readonly insteadOf: string;
  /** The flags that were read and are in order. */
  readonly accepted: readonly string[];
  /** Flags that are in order, but that mean nothing to a small model on a processor. */
  readonly withoutEffect?: readonly string[];
  readonly servedModelName: string;
  /** The port on this machine. 0 when the real server could not be reached from outside of its pod either. */
  readonly port: number;
  /** Tokens, if the command limits them. */
  readonly context?: number;
  readonly adapters?: readonly StandInAdapter[];
  /** Which model or adapter answers `/chat`. Default: the model with all of its adapters at once. */
  readonly chatModel?: string;
  /** Adapters come and go by request; their paths are those of a container with these mounts. */
  readonly adapterRoutes?: readonly ContainerMount[];
  /** Adapters at hand at once. */
  readonly adapterSlots?: number;
  /** The highest rank of an adapter. */
  readonly maxAdapterRank?: number;
  /** Paths that the real server does not have. */
  readonly without?: readonly string[];
}

/** The program of this package's own server. */
export const serverProgram = fileURLToPath(new URL('../main.js', import.meta.url));

/** This package's own server with the tiny model, set up like the server it stands in for. It says plainly what it is. */
export function tinyModelProcess(server: StandInServer): ProcessSpec {
  const ignored = server.withoutEffect ?? [];
  const notice = [
    `A stand-in model of about one million parameters answers here instead of ${server.insteadOf}.`,
    `It shows the machinery, not a language skill. Accepted: ${server.accepted.join(' ') || 'no flags'}.`,
    ...(ignored.length > 0 ? [`Without effect here: ${ignored.join(' ')}.`] : []),
  ].join(' ');
  return {
    command: process.execPath,
    args: [
      serverProgram,
      ...['--model', tinyModelPath, '--served-model-name', server.servedModelName],
      ...['--host', '127.0.0.1', '--port', String(server.port)],
      ...(server.context === undefined ? [] : ['--context', String(server.context)]),
      ...(server.adapters ?? []).flatMap(({ name, path, strength }) => [
        ...['--adapter', `${name}=${path}`],
        ...['--adapter-strength', `${name}=${strength}`],
      ]),
      ...(server.chatModel === undefined ? [] : ['--chat-model', server.chatModel]),
      ...(server.maxAdapterRank === undefined ? [] : ['--max-adapter-rank', String(server.maxAdapterRank)]),
      ...(server.adapterSlots === undefined ? [] : ['--adapter-slots', String(server.adapterSlots)]),
      ...(server.adapterRoutes === undefined
        ? []
        : [
            '--adapter-routes',
            ...server.adapterRoutes.flatMap(({ mountPath, hostPath }) => ['--mount', `${mountPath}=${hostPath}`]),
          ]),
      ...(server.without ?? []).flatMap((path) => ['--without', path]),
      ...['--notice', notice, '--exit-with-parent'],
    ],
  };
}
