import type { SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import type { GenerateOptions } from './engine.js';

/** Our options in the words of node-llama-cpp. `generated` is read while the answer grows. */
export function evaluateOptions(
  prompt: readonly Token[],
  generated: readonly Token[],
  options: GenerateOptions,
): SequenceEvaluateOptions {
  const { sampling = { kind: 'greedy' }, repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = options;
  const penalised = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  return {
    // The library cannot forbid end tokens, so they are handed out, and replaced where they come too early.
    yieldEogToken: true,
    ...(sampling.kind === 'greedy'
      ? { temperature: 0 }
      : {
          temperature: sampling.temperature,
          topK: sampling.topK,
          topP: sampling.topP,
          ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
        }),
    ...(penalised
      ? {
          repeatPenalty: {
            // The prompt counts for the repetition penalty as in transformers, but not for the two of the OpenAI API.
            punishTokens: () => (repetitionPenalty === 1 ? [...generated] : [...prompt, ...generated]),
            penalty: repetitionPenalty,
            frequencyPenalty,
            presencePenalty,
          },
        }
      : {}),
  };
}
