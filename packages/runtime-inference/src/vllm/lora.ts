import type { PlannedAdapters, RuntimeNeed } from '@kaito-sdk/core';
import { ADAPTER_FOLDER } from '../adapters/adapter-pod.js';
import { askedRank } from '../adapters/annotations.js';

/** Ranks that vLLM can be started for. */
const RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;
export const WIDEST_RANK = 512;

/** Rank for one adapter of which nothing is known: KAITO v0.12.0's engine is started for as much. */
const USUAL_RANK = 64;
/** What each of several is counted with: their ranks add up where all are laid over one request. */
const EACH_OF_SEVERAL = 16;

/** Under this name all adapters of a Workspace together are served. No adapter can be called so: it has an underscore. */
export const COMBINED = 'combined_adapter';

/** The rank that vLLM is started for, known before any adapter is read. */
export function maxLoraRank({ workspace }: RuntimeNeed, adapters: number): number {
  const wanted = askedRank(workspace) ?? Math.max(USUAL_RANK, adapters * EACH_OF_SEVERAL);
  return RANKS.find((rank) => rank >= wanted) ?? WIDEST_RANK;
}

/** How many the engine keeps ready at once: each adapter, and all together. */
export function loraSlots(adapters: number): number {
  return adapters > 1 ? adapters + 1 : adapters;
}

/** The name that a request without a model is answered by: the Workspace's adapters, as KAITO's `/chat` does. */
export function chatModel({ items }: PlannedAdapters): string {
  return items.length === 1 ? (items[0]?.name ?? COMBINED) : COMBINED;
}

export function loraArguments({ items, maxRank }: PlannedAdapters): readonly string[] {
  const names = [...items.map(({ name }) => name), ...(items.length > 1 ? [COMBINED] : [])];
  return [
    '--enable-lora',
    '--max-loras',
    String(loraSlots(items.length)),
    '--max-lora-rank',
    String(maxRank ?? USUAL_RANK),
    '--lora-modules',
    ...names.map((name) => `${name}=${ADAPTER_FOLDER}/${name}`),
  ];
}
