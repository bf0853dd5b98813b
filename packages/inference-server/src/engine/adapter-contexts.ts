import type { LlamaContext, LlamaContextOptions, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import type { AdapterSpec } from './adapter.js';
import { EngineError } from './engine-error.js';
import type { LlamaLibrary } from './llama-library.js';
import { reasonOf } from './reason-of.js';

/** Enough to try an adapter with. */
const SMALLEST_CONTEXT = 16;

interface Entry {
  readonly adapters: readonly AdapterSpec[];
  readonly context: Promise<LlamaContext>;
  using: number;
  /** An adapter of it is gone: it goes too, once nobody uses it. */
  retired: boolean;
}

/**
 * The contexts of one model, one for each set of adapters that was asked for: in llama.cpp a context holds its adapters. An adapter of strength 0
 * is left out, so that its answer is that of the base model to the last bit.
 */
export class AdapterContexts {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly model: LlamaModel,
    private readonly library: LlamaLibrary,
    private readonly options: LlamaContextOptions,
  ) {}

  /** @throws EngineError ADAPTER_UNSUPPORTED when the model cannot take the adapter */
  async verify(adapter: AdapterSpec): Promise<void> {
    this.library.complaints();
    try {
      const context = await this.create([{ ...adapter, strength: 1 }], { contextSize: SMALLEST_CONTEXT, sequences: 1 });
      await context.dispose();
    } catch (error) {
      const reason = this.library.complaints()[0] ?? reasonOf(error);
      throw new EngineError('ADAPTER_UNSUPPORTED', `the adapter ${adapter.name} does not fit the model: ${reason}`, {
        cause: error,
      });
    }
  }

  /** A sequence with exactly these adapters. `release` must be called once it is not used any more. */
  async sequence(
    adapters: readonly AdapterSpec[],
  ): Promise<{ readonly sequence: LlamaContextSequence; release(): Promise<void> }> {
    const effective = adapters.filter(({ strength }) => strength > 0);
    const key = JSON.stringify(effective.map(({ path, strength }) => [path, strength]));
    const entry = this.entries.get(key) ?? {
      adapters: effective,
      context: this.create(effective, this.options),
      using: 0,
      retired: false,
    };
    this.entries.set(key, entry);
    entry.using++;
    const leave = async () => {
      entry.using--;
      if (entry.retired && entry.using === 0) await (await entry.context).dispose();
    };
    try {
      const sequence = (await entry.context).getSequence();
      return {
        sequence,
        release: async () => {
          sequence.dispose();
          await leave();
        },
      };
    } catch (error) {
      this.entries.delete(key);
      throw error;
    }
  }

  /** Gives up every context that holds the adapter; those in use end with their last answer. */
  async retire(adapter: AdapterSpec): Promise<void> {
    for (const [key, entry] of this.entries) {
      if (!entry.adapters.includes(adapter)) continue;
      this.entries.delete(key);
      entry.retired = true;
      if (entry.using === 0) await (await entry.context).dispose();
    }
  }

  async close(): Promise<void> {
    for (const { context } of this.entries.values()) await (await context).dispose();
    this.entries.clear();
  }

  private create(adapters: readonly AdapterSpec[], options: LlamaContextOptions): Promise<LlamaContext> {
    const lora = { adapters: adapters.map(({ path, strength }) => ({ filePath: path, scale: strength })) };
    return this.model.createContext({ ...options, ...(adapters.length > 0 ? { lora } : {}) });
  }
}
