import type { Clock } from '../clock.js';
import type { Engine, FinishReason, GenerateOptions, Prompt, ServedModel } from '../engine/engine.js';
import { EngineError } from '../engine/engine-error.js';
import type { ServerMetrics } from './metrics.js';
import { Problem } from './problem.js';
import type { RequestQueue } from './request-queue.js';
import { StopScanner } from './stop-scanner.js';

/** How an answer ended, and what it took. */
export interface CompletionEnd {
  /** `gone` when the client hung up; nobody reads the answer then. */
  readonly reason: FinishReason | 'gone';
  readonly completionTokens: number;
}

/** A whole answer. */
export interface Completion extends CompletionEnd {
  readonly text: string;
}

/** Stands between the APIs and the engine: checks lengths, queues, applies stop strings, counts. */
export class Completions {
  /** Moving average of the seconds an answer takes; the guess behind Retry-After. */
  private seconds = 1;

  constructor(
    private readonly engine: Engine,
    private readonly queue: RequestQueue,
    private readonly metrics: ServerMetrics,
    private readonly clock: Clock,
  ) {}

  /** Everything that can be asked for by name, the base model first. @throws Problem 503 while it is not loaded. */
  models(): readonly [ServedModel, ...ServedModel[]] {
    const [model, ...adapters] = this.engine.models();
    if (!model)
      throw new Problem(503, 'Model not initialized: it is still being loaded; try again soon', {
        code: 'model_not_loaded',
        headers: { 'Retry-After': '1' },
      });
    return [model, ...adapters];
  }

  /** The base model. @throws Problem 503 while it is not loaded. */
  model(): ServedModel {
    return this.models()[0];
  }

  /** The one that a request names, or else the base model. @throws Problem 404 with the names that there are. */
  named(wanted: string | undefined): ServedModel {
    const models = this.models();
    const found = wanted === undefined ? models[0] : models.find(({ name }) => name === wanted);
    if (found) return found;
    throw unknownModel(wanted ?? '', models);
  }

  /** The tokens of `prompt`. @throws Problem 400 when no room for an answer is left in the context. `param` names the field to blame. */
  tokens(prompt: Prompt, param: string): readonly number[] {
    const { contextLength } = this.model();
    const tokens = this.tokenized(prompt, param);
    if (tokens.length >= contextLength)
      throw new Problem(
        400,
        `${param}: the prompt has ${tokens.length} tokens with its chat template, but at most ${contextLength - 1} fit: the context of ${contextLength} tokens must hold the answer too. Send a shorter one`,
        { code: 'context_length_exceeded', param },
      );
    return tokens;
  }

  private tokenized(prompt: Prompt, param: string): readonly number[] {
    try {
      return this.engine.tokenize(prompt);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'TOKEN_UNKNOWN') throw error;
      throw new Problem(400, `${param}: ${error.message}`, { code: 'invalid_token', param });
    }
  }

  /** How many tokens a text has by itself. */
  count(text: string): number {
    return this.engine.tokenize({ kind: 'text', text }).length;
  }

  /**
   * Waits for a turn, then answers piece by piece.
   *
   * @throws Problem 429 at the first step when too many wait already.
   */
  async *stream(
    tokens: readonly number[],
    options: GenerateOptions,
    stops: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<string, CompletionEnd, void> {
    const turn = await this.queue.enter(signal);
    if (turn.kind === 'full') {
      this.metrics.rejected();
      throw new Problem(429, `${this.queue.waiting} requests are waiting already; try again later`, {
        code: 'rate_limit_exceeded',
        headers: { 'Retry-After': String(Math.max(1, Math.ceil(this.seconds * this.queue.waiting))) },
      });
    }
    if (turn.kind === 'gone') return { reason: 'gone', completionTokens: 0 };

    const started = this.clock.now();
    const scanner = new StopScanner(stops);
    let completionTokens = 0;
    const answer = this.engine.generate(tokens, options, signal);
    try {
      for (;;) {
        const next = await answer.next().catch((error: unknown) => {
          // Unloaded while the request waited for its turn.
          if (error instanceof EngineError && error.code === 'ADAPTER_UNKNOWN')
            throw unknownModel(options.adapters?.join(', ') ?? '', this.models());
          throw error;
        });
        if (next.done) {
          const rest = scanner.flush();
          if (rest !== '') yield rest;
          return { reason: signal.aborted ? 'gone' : next.value, completionTokens };
        }
        completionTokens++;
        const text = scanner.push(next.value.text);
        if (text !== '') yield text;
        if (scanner.stopped) return { reason: 'stop', completionTokens };
      }
    } finally {
      await answer.return('stop');
      turn.leave();
      const seconds = (this.clock.now() - started) / 1000;
      this.seconds += (seconds - this.seconds) * 0.2;
      this.metrics.answered(tokens.length, completionTokens, seconds);
    }
  }

  /** The same, in one piece. */
  async whole(
    tokens: readonly number[],
    options: GenerateOptions,
    stops: readonly string[],
    signal: AbortSignal,
  ): Promise<Completion> {
    const pieces = this.stream(tokens, options, stops, signal);
    let text = '';
    for (;;) {
      const next = await pieces.next();
      if (next.done) return { ...next.value, text };
      text += next.value;
    }
  }
}

function unknownModel(wanted: string, models: readonly ServedModel[]): Problem {
  const names = models.map(({ name }) => `\`${name}\``).join(', ');
  return new Problem(404, `The model \`${wanted}\` does not exist; this server has ${names}`, {
    code: 'model_not_found',
    param: 'model',
  });
}
