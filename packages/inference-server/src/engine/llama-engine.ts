import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import type { Engine, FinishReason, GenerateOptions, Piece, Prompt, ServedModel } from './engine.js';
import { EngineError } from './engine-error.js';
import { evaluateOptions } from './evaluate-options.js';
import { llamaLibrary } from './llama-library.js';
import { phi3Segments } from './phi3-template.js';
import { reasonOf } from './reason-of.js';

/** What a {@link LlamaEngine} serves. */
export interface LlamaEngineOptions {
  /** Path of a GGUF file. */
  readonly model: string;
  /** The name that clients ask for. Default: the file's name without `.gguf`. */
  readonly servedModelName?: string;
  /** Tokens that prompt and answer may have together. Default, and at most: what the model was trained on. */
  readonly context?: number;
  /** Processor threads. Default: one for a tiny model, else the library's choice: the number of cores that are good at sums. */
  readonly threads?: number;
}

/** What exists only between `load` and `close`. */
interface Loaded {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly sequence: LlamaContextSequence;
  readonly served: ServedModel;
  /** How many tokens the model knows. */
  readonly vocabulary: number;
}

type TokenStream = AsyncGenerator<
  { readonly token: Token; readonly probabilities?: ReadonlyMap<Token, number> },
  void,
  undefined | Token | Token[]
>;

/**
 * Bytes below which a model gets one thread. The threads of llama.cpp wait for each other by spinning: measured on two busy cores, two
 * threads took 10 s for the answer that one thread gave in 20 ms.
 */
const SMALL_MODEL = 64 * 2 ** 20;

/** Characters of UTF-8 have at most four bytes, so no more tokens than this can wait for the rest of one. */
const LONGEST_CHARACTER = 4;

/** Serves a GGUF file on the processor through llama.cpp. One answer at a time. */
export class LlamaEngine implements Engine {
  readonly concurrency = 1;
  private loaded: Loaded | undefined;
  private busy = false;

  constructor(private readonly options: LlamaEngineOptions) {}

  async load(): Promise<void> {
    const path = this.options.model;
    if (!existsSync(path))
      throw new EngineError('MODEL_UNREADABLE', `there is no model file ${path}; give the path of a GGUF file`);
    const model = await readModel(path);
    const contextLength = Math.min(this.options.context ?? model.trainContextSize, model.trainContextSize);
    const threads = this.options.threads ?? (model.size < SMALL_MODEL ? 1 : undefined);
    const context = await model.createContext({
      contextSize: contextLength,
      sequences: 1,
      ...(threads === undefined ? {} : { threads }),
    });
    const name = this.options.servedModelName ?? basename(path).replace(/\.gguf$/, '');
    const parameters = model.fileInfo.tensorInfo?.reduce(
      (sum, tensor) => sum + tensor.dimensions.reduce<number>((n, d) => n * Number(d), 1),
      0,
    );
    this.loaded = {
      model,
      context,
      sequence: context.getSequence(),
      vocabulary: model.fileInfo.metadata.tokenizer.ggml.tokens.length,
      served: { name, contextLength, ...(parameters === undefined ? {} : { parameters }) },
    };
  }

  models(): readonly ServedModel[] {
    return this.loaded ? [this.loaded.served] : [];
  }

  tokenize(prompt: Prompt): readonly number[] {
    const { model, vocabulary } = this.require();
    switch (prompt.kind) {
      case 'tokens': {
        // llama.cpp itself would fail only while it computes.
        const stranger = prompt.tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary));
        if (stranger !== undefined)
          throw new EngineError('TOKEN_UNKNOWN', `there is no token ${stranger}; the model has 0 to ${vocabulary - 1}`);
        return prompt.tokens;
      }
      case 'text':
        return model.tokenize(prompt.text, true);
      case 'messages':
        return phi3Segments(prompt.messages).flatMap(({ kind, text }) => model.tokenize(text, kind === 'marker'));
    }
  }

  async *generate(
    tokens: readonly number[],
    options: GenerateOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, FinishReason, void> {
    const { model, sequence, served } = this.require();
    if (this.busy) throw new EngineError('BUSY', 'this engine answers one request at a time; queue the others');
    this.busy = true;
    let stream: TokenStream | undefined;
    try {
      await sequence.clearHistory();
      const room = Math.min(options.maxTokens, served.contextLength - tokens.length);
      const minTokens = options.minTokens ?? 0;
      const ends = (token: Token) => model.isEogToken(token) || options.endTokens?.includes(token) === true;
      const generated: Token[] = [];
      let waiting: Token[] = [];
      let replaced: Token | undefined;
      stream = sequence.evaluateWithMetadata(
        tokens as Token[],
        { probabilities: minTokens > 0 },
        evaluateOptions(tokens as Token[], generated, options),
      );
      while (generated.length < room && !signal.aborted) {
        const next = await stream.next(replaced);
        if (next.done || signal.aborted) return 'stop';
        let token = next.value.token;
        replaced = undefined;
        if (ends(token)) {
          replaced = generated.length < minTokens ? likeliest(next.value.probabilities, (t) => !ends(t)) : undefined;
          if (replaced === undefined) return 'stop';
          token = replaced;
        }
        const before = generated.slice(0, generated.length - waiting.length);
        generated.push(token);
        waiting.push(token);
        const text = model.detokenize(waiting, false, before.slice(-LONGEST_CHARACTER));
        if (text.endsWith('\uFFFD') && waiting.length < LONGEST_CHARACTER && generated.length < room) {
          yield { text: '', token };
        } else {
          waiting = [];
          yield { text, token };
        }
      }
      return signal.aborted ? 'stop' : 'length';
    } finally {
      await stream?.return();
      this.busy = false;
    }
  }

  async close(): Promise<void> {
    const loaded = this.loaded;
    this.loaded = undefined;
    await loaded?.context.dispose();
    await loaded?.model.dispose();
  }

  private require(): Loaded {
    if (!this.loaded) throw new EngineError('NOT_LOADED', 'the model is not loaded');
    return this.loaded;
  }
}

async function readModel(path: string): Promise<LlamaModel> {
  const { llama, architecture, complaints } = await llamaLibrary();
  complaints();
  let found: string | undefined;
  try {
    found = await architecture(path);
    if (found === 'phi3') return await llama.loadModel({ modelPath: path });
  } catch (error) {
    const reason = complaints()[0] ?? reasonOf(error);
    throw new EngineError('MODEL_UNREADABLE', `${path} cannot be loaded as a GGUF model: ${reason}`, { cause: error });
  }
  throw new EngineError(
    'MODEL_UNSUPPORTED',
    `${path} is a model of the architecture ${found}; the only one with a chat template here is phi3`,
  );
}

/** Candidates come likeliest first. */
function likeliest(
  candidates: ReadonlyMap<Token, number> | undefined,
  accept: (token: Token) => boolean,
): Token | undefined {
  return [...(candidates?.keys() ?? [])].find(accept);
}
