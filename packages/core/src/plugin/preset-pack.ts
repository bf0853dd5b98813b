import type { Bytes } from '../plan/bytes.js';

/** A package of models that users can name in `preset.name`. Pure data. */
export interface PresetPack {
  readonly name: string;
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
  /** Tokens that a layer looks back at the most; absent means all. */
  readonly slidingWindow?: number;
  /** Type of the published weights. */
  readonly dtype: 'bfloat16' | 'float16' | 'float32';
}
