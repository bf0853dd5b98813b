type FloatType = 'bfloat16' | 'float16' | 'float32';

/** CUDA compute capability from which GPUs compute in bfloat16. */
const BFLOAT16_FROM = 8;

/** The type that is computed in: the model's own, or float16 where the GPU has no bfloat16. The training program decides alike. */
export function computeType(published: FloatType, capability: number): FloatType {
  return published === 'bfloat16' && capability < BFLOAT16_FROM ? 'float16' : published;
}
