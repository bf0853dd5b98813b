import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { ConversionError } from '../convert/conversion-error.js';
import { GgufCache } from '../convert/gguf-cache.js';
import { HuggingFaceFolder } from '../convert/hugging-face-folder.js';
import type { AdapterSpec } from './adapter.js';
import { AdapterContexts } from './adapter-contexts.js';
import { AdapterSlots } from './adapter-slots.js';
import type { Engine, FinishReason, GenerateOptions, Piece, Prompt, ServedModel } from './engine.js';
import { EngineError, type EngineErrorCode } from './engine-error.js';
import { evaluateOptions } from './evaluate-options.js';
import { type LlamaLibrary, llamaLibrary } from './llama-library.js';
import { phi3Segments } from './phi3-template.js';
import { reasonOf } from './reason-of.js';

/** What a {@link LlamaEngine} serves. */
export interface LlamaEngineOptions {
  /** Path of a GGUF file, or of a Hugging Face folder, which is converted. */
  readonly model: string;
  /** Adapters that are served from the start. */
  readonly adapters?: readonly AdapterSpec[];
  /** Adapters of a higher rank are refused. Default: any rank. */
  readonly maxAdapterRank?: number;
  /** Adapters at hand at once; others are read again from their folders when they are asked for. Default: all. */
  readonly adapterSlots?: number;
  /** Where converted folders lie. Default: the user's cache. */
  readonly cache?: GgufCache;
  /** Answers at a time. Each has a context of its own in memory. Default 1. */
  readonly parallel?: number;
  /** The name that clients ask for. Default: the name of the file without `.gguf`, or of the folder. */
  readonly servedModelName?: string;
  /** Tokens that prompt and answer may have together. Default, and at most: what the model was trained on. */
  readonly context?: number;
  /** Processor threads. Default: one for a tiny model, else the library's choice: the number of cores that are good at sums. */
  readonly threads?: number;
}

/** What exists only between `load` and `close`. */
interface Loaded {
  readonly model: LlamaModel;
  readonly contexts: AdapterContexts;
  readonly served: ServedModel;
  /** How many tokens the model knows. */
  readonly vocabulary: number;
}

/** An adapter as a GGUF file, and as it was given. */
interface ReadAdapter extends AdapterSpec {
  readonly from: AdapterSpec;
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

/** Serves a GGUF file on the processor through llama.cpp, with LoRA adapters. */
export class LlamaEngine implements Engine {
  readonly concurrency: number;
  private readonly cache: GgufCache;
  private loaded: Loaded | undefined;
  private running = 0;
  /** By name; the path is that of the GGUF file. */
  private readonly adapters = new Map<string, ReadAdapter>();
  private readonly slots: AdapterSlots;

  constructor(private readonly options: LlamaEngineOptions) {
    this.concurrency = options.parallel ?? 1;
    this.cache = options.cache ?? new GgufCache();
    this.slots = new AdapterSlots(options.adapterSlots);
  }

  async load(): Promise<void> {
    const path = this.options.model;
    if (!existsSync(path))
      throw new EngineError(
        'MODEL_UNREADABLE',
        `there is no model file ${path}; give the path of a GGUF file or of a Hugging Face folder`,
      );
    const library = await llamaLibrary();
    const model = await readModel(
      library,
      this.converted('MODEL_UNSUPPORTED', path, () => this.cache.model(path)),
    );
    const contextLength = Math.min(this.options.context ?? model.trainContextSize, model.trainContextSize);
    const threads = this.options.threads ?? (model.size < SMALL_MODEL ? 1 : undefined);
    const contexts = new AdapterContexts(model, library, {
      contextSize: contextLength,
      sequences: this.concurrency,
      ...(threads === undefined ? {} : { threads }),
    });
    const parameters = model.fileInfo.tensorInfo?.reduce(
      (sum, tensor) => sum + tensor.dimensions.reduce<number>((n, d) => n * Number(d), 1),
      0,
    );
    const loaded: Loaded = {
      model,
      contexts,
      vocabulary: model.fileInfo.metadata.tokenizer.ggml.tokens.length,
      served: {
        name: this.options.servedModelName ?? basename(path).replace(/\.gguf$/, ''),
        contextLength,
        ...(parameters === undefined ? {} : { parameters }),
      },
    };
    try {
      for (const adapter of this.options.adapters ?? []) await this.addAdapter(loaded, adapter);
      // Memory for the answers is had now, so that a machine with too little of it fails at the start and not at the first question.
      await (await contexts.sequence([...this.adapters.values()])).release();
    } catch (error) {
      this.adapters.clear();
      await contexts.close();
      await model.dispose();
      throw error;
    }
    this.loaded = loaded;
  }

  models(): readonly ServedModel[] {
    if (!this.loaded) return [];
    const { served } = this.loaded;
    const { name: adapterOf, contextLength } = served;
    const adapters = [...this.adapters].map(([name, { from }]) => ({
      name,
      contextLength,
      adapterOf,
      root: from.root ?? from.path,
    }));
    return [served, ...adapters];
  }

  async loadAdapter(adapter: AdapterSpec): Promise<void> {
    await this.addAdapter(this.require(), adapter);
  }

  async unloadAdapter(name: string): Promise<void> {
    const { contexts } = this.require();
    const [adapter] = this.named([name]);
    this.adapters.delete(name);
    this.slots.drop(name);
    if (adapter) await contexts.retire(adapter);
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
    const { model, contexts, served } = this.require();
    if (this.running >= this.concurrency)
      throw new EngineError('BUSY', `this engine answers ${this.concurrency} at a time; queue the others`);
    this.running++;
    let stream: TokenStream | undefined;
    let turn: Awaited<ReturnType<AdapterContexts['sequence']>> | undefined;
    try {
      const adapters = await this.atHand(options.adapters ?? []);
      turn = await contexts.sequence(adapters);
      const { sequence } = turn;
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
      await turn?.release();
      this.running--;
    }
  }

  async close(): Promise<void> {
    const loaded = this.loaded;
    this.loaded = undefined;
    await loaded?.contexts.close();
    await loaded?.model.dispose();
  }

  private async addAdapter({ contexts, served }: Loaded, adapter: AdapterSpec): Promise<void> {
    const { name, path, strength } = adapter;
    if (name === served.name)
      throw new EngineError('ADAPTER_UNSUPPORTED', `an adapter cannot have the name ${name} of its model`);
    if (!(strength >= 0 && strength <= 1))
      throw new EngineError(
        'ADAPTER_UNSUPPORTED',
        `the strength of adapter ${name} must be from 0 to 1, got ${strength}`,
      );
    const rank = this.converted('ADAPTER_UNSUPPORTED', `adapter ${name}`, () => rankOf(path));
    const { maxAdapterRank = Number.POSITIVE_INFINITY } = this.options;
    if (rank !== undefined && rank > maxAdapterRank)
      throw new EngineError(
        'ADAPTER_UNSUPPORTED',
        `the adapter ${name} has rank ${rank}, and the highest that is served here is ${maxAdapterRank}`,
      );
    const file = this.converted('ADAPTER_UNSUPPORTED', `adapter ${name}`, () => this.cache.adapter(path));
    const converted = { name, path: file, strength, from: adapter };
    await contexts.verify(converted);
    const before = this.adapters.get(name);
    this.adapters.set(name, converted);
    if (before) await contexts.retire(before);
    await this.giveUp(contexts, this.slots.take([name]).lost);
  }

  /** The adapters of a request, those that lost their slots read again. */
  private async atHand(names: readonly string[]): Promise<readonly AdapterSpec[]> {
    const loaded = this.require();
    this.named(names);
    const { missing, lost } = this.slots.take(names);
    await this.giveUp(loaded.contexts, lost);
    for (const { from } of this.named(missing)) await this.addAdapter(loaded, from);
    return this.named(names);
  }

  private async giveUp(contexts: AdapterContexts, names: readonly string[]): Promise<void> {
    for (const adapter of this.named(names)) await contexts.retire(adapter);
  }

  private named(names: readonly string[]): readonly ReadAdapter[] {
    return names.map((name) => {
      const adapter = this.adapters.get(name);
      if (!adapter) throw new EngineError('ADAPTER_UNKNOWN', `there is no adapter ${name}`);
      return adapter;
    });
  }

  private converted<T>(code: EngineErrorCode, what: string, convert: () => T): T {
    try {
      return convert();
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      throw new EngineError(code, `${what} cannot be served: ${error.message}`, { cause: error });
    }
  }

  private require(): Loaded {
    if (!this.loaded) throw new EngineError('NOT_LOADED', 'the model is not loaded');
    return this.loaded;
  }
}

async function readModel({ llama, architecture, complaints }: LlamaLibrary, path: string): Promise<LlamaModel> {
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

/** The rank that a PEFT folder states; nothing for a file, which keeps it to itself. @throws ConversionError */
function rankOf(path: string): number | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  return new HuggingFaceFolder(path).json('adapter_config.json').number('r');
}

/** Candidates come likeliest first. */
function likeliest(
  candidates: ReadonlyMap<Token, number> | undefined,
  accept: (token: Token) => boolean,
): Token | undefined {
  return [...(candidates?.keys() ?? [])].find(accept);
}
