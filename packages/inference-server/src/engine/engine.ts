import type { AdapterSpec } from './adapter.js';

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What the model is to continue. Only `messages` gets the model's chat template. */
export type Prompt =
  | { readonly kind: 'messages'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] };

/** How the next token is chosen. */
export type Sampling =
  | { readonly kind: 'greedy' }
  | {
      readonly kind: 'random';
      readonly temperature: number;
      /** Only the so many likeliest tokens; 0 is all of them. */
      readonly topK: number;
      /** Only the likeliest tokens whose probabilities add up to this; 1 is all of them. */
      readonly topP: number;
      readonly seed?: number;
    };

export interface GenerateOptions {
  /** The answer ends after so many tokens. An engine also ends it where its context is full. */
  readonly maxTokens: number;
  /** No end before so many tokens. Default 0. */
  readonly minTokens?: number;
  /** Default greedy. */
  readonly sampling?: Sampling;
  /** Above 1 makes every token that was seen, also in the prompt, less likely. Default 1, which is off. */
  readonly repetitionPenalty?: number;
  /** Taken from a token's score for each time it was generated. Default 0. */
  readonly frequencyPenalty?: number;
  /** Taken once from the score of a token that was generated. Default 0. */
  readonly presencePenalty?: number;
  /** Tokens that end the answer, besides the model's own. */
  readonly endTokens?: readonly number[];
  /** Names of the adapters that are added to the model, each with its strength. Default none: the base model. */
  readonly adapters?: readonly string[];
}

/** A piece of an answer. A token whose bytes are no complete character yet has an empty text. */
export interface Piece {
  readonly text: string;
  readonly token: number;
}

/** Why an answer ended. */
export type FinishReason = 'stop' | 'length';

/** A model that can be asked for by name. */
export interface ServedModel {
  readonly name: string;
  /** Tokens that a prompt and its answer may have together. */
  readonly contextLength: number;
  readonly parameters?: number;
  /** Present on an adapter: the name of the model it is added to. */
  readonly adapterOf?: string;
  /** Of an adapter: where it came from. */
  readonly root?: string;
}

/**
 * Something that continues text. The HTTP server knows engines only through this interface.
 *
 * An engine answers at most {@link concurrency} requests at a time; the caller queues the others. To call `generate` more often is an error
 * of the caller, not a wait.
 */
export interface Engine {
  readonly concurrency: number;
  /** Reads the model. @throws EngineError when that is not possible; the message says what to do. */
  load(): Promise<void>;
  /** What can be asked for: the base model, then its adapters; empty until loaded. */
  models(): readonly ServedModel[];
  /**
   * The tokens of a prompt, with the chat template where one applies. Only after {@link load}.
   *
   * @throws EngineError TOKEN_UNKNOWN when the prompt is tokens, and one of them is none of the model's
   */
  tokenize(prompt: Prompt): readonly number[];
  /**
   * Continues `tokens` piece by piece and returns why it ended. Aborting `signal` ends the iteration soon and without an error; leaving the
   * loop early has the same effect.
   *
   * @throws EngineError ADAPTER_UNKNOWN at the first step, when an adapter is not served any more
   */
  generate(
    tokens: readonly number[],
    options: GenerateOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, FinishReason, void>;
  /**
   * Serves an adapter from now on, in the place of one of the same name if there is one: answers that have begun are not touched, whatever begins
   * afterwards has the new one. Only after {@link load}. @throws EngineError ADAPTER_UNSUPPORTED; everything then stays as it was
   */
  loadAdapter(adapter: AdapterSpec): Promise<void>;
  /** Serves it no longer. @throws EngineError ADAPTER_UNKNOWN */
  unloadAdapter(name: string): Promise<void>;
  close(): Promise<void>;
}
