/** What the loader is told, as JSON in its only argument. */
export interface LoaderDocument {
  /** Folder that gets a folder for each adapter, named as the adapter. */
  readonly into: string;
  /** The model that the adapters must fit. */
  readonly model: LoaderModel;
  /** The widest rank that the engine takes. */
  readonly maxRank?: number;
  /** The most that the engine keeps at once, all of them together as one more included. */
  readonly slots?: number;
  /** Name under which all adapters together, each by its strength, are left as one more. */
  readonly combined?: string;
  readonly adapters: readonly LoaderAdapter[];
}

/** The model's names and sizes. */
export interface LoaderModel {
  /** Any of these may stand in an adapter as its base model. */
  readonly names: readonly string[];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly attentionHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** One adapter and where its files are. */
export interface LoaderAdapter {
  readonly name: string;
  /** Put into the adapter itself, for an engine that does not weigh adapters. @default 1 */
  readonly strength?: number;
  /** Where it comes from, as the user wrote it. Pulled from there unless `folder` is given. */
  readonly image?: string;
  /** Mounted Secrets with registry credentials, for this image only. */
  readonly secrets?: readonly { readonly name: string; readonly folder: string }[];
  /** Where the files lie already: in it, or in its `data`. */
  readonly folder?: string;
  /** Who put them there. */
  readonly by?: string;
}
