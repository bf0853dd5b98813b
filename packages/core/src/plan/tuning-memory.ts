import type { ModelArchitecture } from '../plugin/preset-pack.js';
import type { MemoryDemand, MemoryPart } from '../plugin/runtime.js';
import { adapterParameters } from './adapter-memory.js';
import { bytes, gib } from './bytes.js';
import { embeddingParameters, type NumberType, numberBytes, weightBytes, weightSource } from './model-memory.js';

/** How a low-rank adapter is trained. */
export interface TuningSetup {
  /** `qlora`: the base is held in 4 bit (NF4 with double quantization). */
  readonly method: 'lora' | 'qlora';
  /** Type that is computed in. */
  readonly dtype: NumberType;
  /** @default 8 */
  readonly rank?: number;
  /** Sequences a step. @default 1 */
  readonly batch?: number;
  /** Whether only the inputs of the layers are kept for the way back, and the rest is computed again. @default true */
  readonly checkpointing?: boolean;
  /** Whether attention holds the scores of all pairs of tokens. @default false */
  readonly eagerAttention?: boolean;
  /** Processes that train together, one a GPU: each keeps the gradients once more, to send them to the others. @default 1 */
  readonly processes?: number;
  /** Share of the GPU's memory that may be used. @default 0.9 */
  readonly utilization?: number;
}

/** NF4 with double quantization: half a byte, and the scales of blocks. A rule of thumb, not measured on a GPU. */
const NF4_BYTES = 0.53;

/** A trained parameter: itself, its gradient and the two moments of Adam, each in float32. */
const TRAINED_BYTES = 16;

/** A gradient in the buckets in which processes exchange them. */
const BUCKET_BYTES = 4;

/** float32: what PEFT makes of everything that a base in 4 bit does not quantize (`prepare_model_for_kbit_training`, peft 0.21.2). */
const FULL = numberBytes('float32');

/** CUDA context and allocator slack of one process. */
const PROCESS = gib(0.5);

/**
 * Memory of one GPU while an adapter is trained on it, as a polynomial of the sequence length. Every GPU has a whole copy of the base
 * and its own share of the batch, so more GPUs make it faster and not roomier. Settings that a user's own configuration changes (rank,
 * batch, checkpointing) are the caller's to pass.
 */
export function tuningMemory(model: ModelArchitecture, setup: TuningSetup): MemoryDemand {
  const { batch = 1, rank = 8, processes = 1, utilization = 0.9 } = setup;
  const trained = adapterParameters(model, rank);
  const each = TRAINED_BYTES + (processes > 1 ? BUCKET_BYTES : 0);
  return {
    utilization,
    fixed: [
      ...base(model, setup),
      {
        name: 'adapter, gradient and optimizer',
        bytes: bytes(trained * each),
        source: `${trained} parameters of rank ${rank}, ${each} bytes each (float32, Adam${processes > 1 ? `, exchanged by ${processes} processes` : ''})`,
      },
      { name: 'CUDA context', bytes: PROCESS, source: 'an allowance; not measured' },
    ],
    perToken: [
      { ...activations(model, setup), bytes: bytes(activations(model, setup).bytes * batch) },
      {
        name: 'logits',
        bytes: bytes(model.vocabSize * (numberBytes(setup.dtype) + 12) * batch),
        source: `vocabulary x (${numberBytes(setup.dtype)} + float32 thrice: widened, softmax, gradient) for ${batch} sequence${batch === 1 ? '' : 's'}`,
      },
    ],
    perTokenSquared: setup.eagerAttention
      ? [
          {
            name: 'attention scores',
            bytes: bytes(model.attentionHeads * (2 * numberBytes(setup.dtype) + 4) * batch),
            source: 'heads x bytes for each pair of tokens, one layer at a time',
          },
        ]
      : [],
    minimumContext: 512,
  };
}

function base(model: ModelArchitecture, { method, dtype }: TuningSetup): readonly MemoryPart[] {
  if (method === 'lora')
    return [{ name: 'weights', bytes: weightBytes(model, dtype), source: weightSource(model, dtype) }];
  const ends = embeddingParameters(model);
  const largest = Math.max(2 * model.hiddenSize * model.intermediateSize, model.hiddenSize * 3 * model.hiddenSize);
  return [
    {
      name: 'weights in 4 bit',
      bytes: bytes((model.parameters - ends) * NF4_BYTES),
      source: `${model.parameters - ends} parameters of ${NF4_BYTES} bytes (NF4, double quantization)`,
    },
    {
      name: 'embeddings',
      bytes: bytes(ends * FULL),
      source: `embedding and head are not quantized, and PEFT widens what is not: ${ends} parameters of ${FULL} bytes`,
    },
    {
      name: 'head in the computed type',
      bytes: bytes(model.vocabSize * model.hiddenSize * numberBytes(dtype)),
      source: `vocabulary x hidden size x ${numberBytes(dtype)} bytes, kept from the way there to the way back`,
    },
    {
      name: 'one matrix at full width',
      bytes: bytes(largest * numberBytes(dtype)),
      source: 'a 4-bit matrix is widened while it is used',
    },
  ];
}

/** Per token: what a layer computes, twice for its gradients, and what is kept of the other layers. */
function activations(model: ModelArchitecture, { dtype, method, checkpointing = true }: TuningSetup): MemoryPart {
  const number = numberBytes(dtype);
  // Behind an embedding in float32 the values between the layers are float32 as well.
  const between = method === 'qlora' ? FULL : number;
  const active = model.experts?.perToken ?? 1;
  const inLayer = (6 * model.hiddenSize + 4 * model.intermediateSize * active) * number;
  const kept = checkpointing ? model.layers * model.hiddenSize * between + 2 * inLayer : (model.layers + 1) * inLayer;
  return {
    name: checkpointing ? 'activations (gradient checkpointing)' : 'activations',
    bytes: bytes(kept),
    source: checkpointing
      ? 'the input of every layer, and one layer computed again with its gradients'
      : 'everything that every layer computed',
  };
}
