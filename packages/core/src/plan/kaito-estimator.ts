import { type Bytes, formatGib, gib } from './bytes.js';

/** What KAITO v0.12.0's estimator looks at. */
export interface KaitoEstimate {
  /** Memory of one GPU. */
  readonly gpuBytes: number;
  readonly gpusPerNode: number;
  /** Size of the weight files. */
  readonly weightBytes: number;
  readonly cacheBytesPerToken: number;
  /** @default 2048 */
  readonly contextLength?: number;
}

/** How many nodes KAITO would ask for, or that it would refuse. */
export type KaitoNodes =
  | { readonly sized: true; readonly nodes: number; readonly gpus: number }
  | { readonly sized: false; readonly message: string };

const UTILIZATION = 0.84;
const WEIGHT_EXPANSION = 1.02;
const BASE_OVERHEAD = gib(2.3);
const OVERHEAD_SHARE = 1.05;
const DEFAULT_CONTEXT = 2048;

/**
 * KAITO v0.12.0's rule for the number of nodes, with all that is odd about it: the cache of one sequence is dealt over the GPUs of one
 * node and never of all, an exact fit asks for one more GPU, and the number of GPUs need not be one that a model can be cut over. Kept
 * for those who want the node counts that they had; the planner's own rule is {@link fitMemory}.
 */
export function kaitoNodes(estimate: KaitoEstimate): KaitoNodes {
  const { gpuBytes, gpusPerNode, weightBytes, cacheBytesPerToken, contextLength = DEFAULT_CONTEXT } = estimate;
  const budget = UTILIZATION * gpuBytes;
  const reserve = BASE_OVERHEAD + (contextLength * cacheBytesPerToken) / gpusPerNode;
  if (budget <= reserve) {
    const message = `GPU memory of ${formatGib(gpuBytes as Bytes)} is too small: ${formatGib(Math.ceil(reserve) as Bytes)} are reserved for a context of ${contextLength} tokens, and ${formatGib(Math.floor(budget) as Bytes)} may be used.`;
    return { sized: false, message };
  }
  const usable = (budget - reserve) / OVERHEAD_SHARE;
  const gpus = Math.floor((WEIGHT_EXPANSION * weightBytes) / usable) + 1;
  return { sized: true, gpus, nodes: Math.max(1, Math.ceil(gpus / gpusPerNode)) };
}
