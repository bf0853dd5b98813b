import { resolve } from 'node:path';
import type { LoaderDocument, LoaderModel } from './document.js';

/** Where this program finds what its document calls by paths of the container; elsewhere than in a container the two differ. */
export interface Machine {
  locate(path: string): string;
  /** Sizes that adapters are checked against, where another model answers than the one of the document. */
  readonly model?: Omit<LoaderModel, 'names'>;
}

/** A container: paths are what they are. */
export const container: Machine = { locate: (path) => resolve(path) };

/** A document with paths of this machine. */
export function onMachine(document: LoaderDocument, { locate, model }: Machine): LoaderDocument {
  return {
    ...document,
    into: locate(document.into),
    model: { ...document.model, ...model },
    adapters: document.adapters.map((adapter) => ({
      ...adapter,
      ...(adapter.secrets === undefined
        ? {}
        : { secrets: adapter.secrets.map(({ name, folder }) => ({ name, folder: locate(folder) })) }),
      ...(adapter.folder === undefined ? {} : { folder: locate(adapter.folder) }),
    })),
  };
}
