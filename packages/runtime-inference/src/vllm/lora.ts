import type { PlannedAdapters, RuntimeNeed, Workspace } from '@kaito-sdk/core';
import { ADAPTER_FOLDER } from '../adapters/adapter-pod.js';
import { askedRank, askedSlots } from '../adapters/annotations.js';

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

/** How many the engine keeps ready at once: each adapter, all together, and those that may yet come. */
export function loraSlots(workspace: Workspace, adapters: number, live: boolean): number {
  const now = adapters > 1 || live ? adapters + 1 : adapters;
  return Math.max(now, askedSlots(workspace) ?? 0);
}

/** The name that a request without a model is answered by: the Workspace's adapters, as KAITO's `/chat` does. */
export function chatModel({ items, live }: PlannedAdapters): string {
  return items.length === 1 && !live ? (items[0]?.name ?? COMBINED) : COMBINED;
}

/**
 * Adapters that are exchanged under the engine are named to it by the sidecar alone: in its arguments they would make new pods with each change.
 */
export function loraArguments({ items, maxRank, live }: PlannedAdapters, slots: number): readonly string[] {
  const names = [...items.map(({ name }) => name), ...(items.length > 1 ? [COMBINED] : [])];
  return [
    '--enable-lora',
    '--max-loras',
    String(slots),
    '--max-lora-rank',
    String(maxRank ?? USUAL_RANK),
    ...(live ? [] : ['--lora-modules', ...names.map((name) => `${name}=${ADAPTER_FOLDER}/${name}`)]),
  ];
}
