/**
 * Of the architectures that KAITO v0.12.0 lists for its vLLM 0.25.1 (356 in all), those of text decoders that people bring. For one
 * that is not named here the Plan says that it was not checked.
 */
export const KNOWN_ARCHITECTURES: ReadonlySet<string> = new Set([
  'PhiForCausalLM',
  'Phi3ForCausalLM',
  'PhiMoEForCausalLM',
  'LlamaForCausalLM',
  'MistralForCausalLM',
  'MixtralForCausalLM',
  'Qwen2ForCausalLM',
  'Qwen2MoeForCausalLM',
  'Qwen3ForCausalLM',
  'Qwen3MoeForCausalLM',
  'GemmaForCausalLM',
]);

/** Architectures of our presets that the same list lacks: with the image it is made for, a node would be bought for nothing. */
export const MISSING_ARCHITECTURES: ReadonlySet<string> = new Set(['Phi3SmallForCausalLM']);

/** The image tag that both lists are about. */
export const LISTED_TAG = 'v0.25.1';
