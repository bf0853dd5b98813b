import {
  type AdapterSpec,
  type Engine,
  EngineError,
  type FinishReason,
  type GenerateOptions,
  type Piece,
  type Prompt,
} from '@kaito-sdk/inference-server';

/** An engine whose tokens come when the test says so. A token is a character of the prompt. */
export class ScriptedEngine implements Engine {
  readonly concurrency = 1;
  loaded = true;
  adapters: readonly AdapterSpec[] = [];
  /** Calls of `generate` that have begun, and those that have ended in any way. */
  readonly begun: GenerateOptions[] = [];
  ended = 0;
  private readonly waiting: (() => void)[] = [];
  private free = Number.POSITIVE_INFINITY;

  constructor(
    readonly pieces: readonly string[] = ['Yes', ', it', ' works.'],
    readonly contextLength = 64,
  ) {}

  /** From now on no piece comes before `let`. */
  hold(): void {
    this.free = 0;
  }

  /** Lets so many pieces come. */
  let(count: number): void {
    this.free += count;
    for (const go of this.waiting.splice(0)) go();
  }

  async load(): Promise<void> {
    this.loaded = true;
  }

  models() {
    if (!this.loaded) return [];
    const { contextLength } = this;
    const adapters = this.adapters.map(({ name }) => ({ name, contextLength, adapterOf: 'scripted' }));
    return [{ name: 'scripted', contextLength }, ...adapters];
  }

  async loadAdapter(adapter: AdapterSpec): Promise<void> {
    if (adapter.name === 'odd') throw new EngineError('ADAPTER_UNSUPPORTED', 'an adapter cannot be odd');
    this.adapters = [...this.adapters.filter(({ name }) => name !== adapter.name), adapter];
  }

  async unloadAdapter(name: string): Promise<void> {
    this.adapters = this.adapters.filter((adapter) => adapter.name !== name);
  }

  tokenize(prompt: Prompt): readonly number[] {
    if (prompt.kind === 'tokens') return prompt.tokens;
    const text = prompt.kind === 'text' ? prompt.text : prompt.messages.map(({ content }) => content).join('');
    return [...text].map((c) => c.codePointAt(0) ?? 0);
  }

  async *generate(
    _tokens: readonly number[],
    options: GenerateOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, FinishReason, void> {
    const unknown = options.adapters?.find((name) => !this.adapters.some((adapter) => adapter.name === name));
    if (unknown !== undefined) throw new EngineError('ADAPTER_UNKNOWN', `there is no adapter ${unknown}`);
    this.begun.push(options);
    try {
      for (const [token, text] of this.pieces.slice(0, options.maxTokens).entries()) {
        while (this.free < 1 && !signal.aborted) {
          await new Promise<void>((go) => {
            this.waiting.push(go);
            signal.addEventListener('abort', () => go(), { once: true });
          });
        }
        if (signal.aborted) return 'stop';
        this.free--;
        yield { text, token };
      }
      return options.maxTokens < this.pieces.length ? 'length' : 'stop';
    } finally {
      this.ended++;
    }
  }

  async close(): Promise<void> {}
}
