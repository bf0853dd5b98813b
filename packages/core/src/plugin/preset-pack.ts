import type { Bytes } from '../plan/bytes.js';

/** The version of the contract below. A pack that says another one is refused at load. */
export const PRESET_PACK_VERSION = '1';

/** A package of models that users can name in `preset.name`. Pure data. */
export interface PresetPack {
  readonly name: string;
  /** Version of this contract that the data is written for, see {@link PRESET_PACK_VERSION}. @default '1' */
  readonly apiVersion?: string;
  readonly models: readonly ModelPreset[];
}

export interface ModelPreset {
  /** What users write in `preset.name`. Looked up without regard to case. */
  readonly name: string;
  readonly model: ModelArchitecture;
  /** Where the weights are published. */
  readonly weights: WeightsSource;
  readonly licence: { readonly spdx: string; readonly source: string };
  /** Disk that image, weights and scratch space need on the node. */
  readonly diskBytes: Bytes;
  /** Facts that only one runtime understands, by runtime name: its image tags, its flags. Opaque to everybody else. */
  readonly runtimes: Readonly<Record<string, unknown>>;
  /**
   * Where each figure comes from, by field name. What nobody checked has the word `unverified` in it, and is listed in every Plan
   * that rests on it.
   */
  readonly sources: Readonly<Record<string, string>>;
  /** Images that hold the weights, as they came out over time, the oldest first. Which one is run is the runtime's to say. */
  readonly images?: readonly PublishedImage[];
  /** Names of the linear layers that adapters are trained on, as the architecture calls them. Absent: nobody said. */
  readonly adapterTargets?: readonly string[];
  /** Set where the model is known and no longer served: a Workspace that names it is refused with this. */
  readonly deprecated?: Deprecation;
}

/** An image with the weights of a model inside. */
export interface PublishedImage {
  /** Below a registry, with the tag: `kaito-some-model:0.0.2`. */
  readonly image: string;
  /** The release that came with it. */
  readonly release: string;
  /** What is inside beside the weights, in a few words; `nothing` where an engine of another image must serve them. */
  readonly server: string;
}

/** Why a model is refused by its name, and what to take instead. */
export interface Deprecation {
  /** Half a sentence that can follow `NAME is no longer served: `. */
  readonly reason: string;
  /** Another preset, of this pack or of one that users of it have. */
  readonly instead: string;
}

export interface WeightsSource {
  /** Repository on a model hub, `org/name`. */
  readonly repository: string;
  /** The commit that is served. Absent when no commit could be verified: the planner then prints it under `unchecked`. */
  readonly revision?: string;
  /** The hub asks for an accepted licence or a token. */
  readonly gated: boolean;
}

/** The numbers that memory depends on, from the model's own `config.json`. */
export interface ModelArchitecture {
  /** The class name in `config.json`, by which engines choose their implementation. */
  readonly architecture: string;
  readonly parameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly attentionHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest sequence the model was made for, in tokens. */
  readonly contextLength: number;
  /**
   * Numbers that a layer caches for one token where it caches one compressed vector instead of keys and values (latent attention).
   * Heads have no part in it, so it cannot be cut over GPUs.
   */
  readonly latentCacheWidth?: number;
  /** Tokens that a layer looks back at the most; absent means all. */
  readonly slidingWindow?: number;
  /** How many layers keep to {@link ModelArchitecture.slidingWindow}. Absent: nobody says, and all are counted as full ones. */
  readonly slidingWindowLayers?: number;
  /** Positions beyond those it was first trained on, reached by scaling: engines keep tables for both ranges. */
  readonly rope?: { readonly type: 'longrope'; readonly originalContext: number };
  /** A mixture of experts: all are loaded, some are computed. */
  readonly experts?: { readonly count: number; readonly perToken: number };
  /** Embedding and output head are one matrix. */
  readonly tiedEmbeddings?: boolean;
  /** The repository brings Python code without which no engine runs it. */
  readonly remoteCode?: boolean;
  /** Type of the published weights; of those that are not quantized, where some are. */
  readonly dtype: 'bfloat16' | 'float16' | 'float32';
  readonly quantization?: { readonly method: string; readonly bits: number };
  /** Published size of quantized weights, all files together. */
  readonly weightBytes?: Bytes;
}
