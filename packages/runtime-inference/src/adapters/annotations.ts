import type { Notice, Workspace } from '@kaito-sdk/core';

/** Other names of the base model, with commas between them: adapters that say they were made for one of these are taken. */
export const BASE_MODEL_ANNOTATION = 'kaito.sh/adapter-base-model';

/** How many adapters the engine is to be started for, all of them together as one included: so many can come and go without new pods. */
export const MAX_LORAS_ANNOTATION = 'kaito.sh/max-loras';
/** Of slots, each of which costs memory: KAITO takes ten adapters, and all together are one more. */
const MOST_SLOTS = 11;

/** The widest rank of an adapter that the engine is to be started for. */
export const MAX_RANK_ANNOTATION = 'kaito.sh/max-lora-rank';

export function otherBaseNames({ metadata }: Workspace): readonly string[] {
  const value = metadata.annotations?.[BASE_MODEL_ANNOTATION] ?? '';
  return value.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}

/** A whole number from 1 to 11; undefined when nothing usable is said. */
export function askedSlots({ metadata }: Workspace): number | undefined {
  const value = metadata.annotations?.[MAX_LORAS_ANNOTATION]?.trim() ?? '';
  return /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_SLOTS ? Number(value) : undefined;
}

/** What is written there and cannot be followed is said. */
export function slotWarnings(workspace: Workspace): readonly Notice[] {
  const value = workspace.metadata.annotations?.[MAX_LORAS_ANNOTATION];
  if (value === undefined) return [];
  if (askedSlots(workspace) !== undefined) {
    if ((workspace.inference?.adapters ?? []).length > 0) return [];
    const message = `The annotation ${MAX_LORAS_ANNOTATION} counts only with an adapter in inference.adapters: an engine that is started without one takes none later, so the first makes new pods.`;
    return [{ code: 'AnnotationIgnored', message }];
  }
  const message = `The annotation ${MAX_LORAS_ANNOTATION} is "${value}", and only whole numbers from 1 to ${MOST_SLOTS} can be followed.`;
  return [{ code: 'AnnotationIgnored', message }];
}

/** A whole number above zero; undefined when nothing usable is said. */
export function askedRank({ metadata }: Workspace): number | undefined {
  const value = metadata.annotations?.[MAX_RANK_ANNOTATION];
  return value !== undefined && /^[1-9]\d{0,3}$/.test(value.trim()) ? Number(value) : undefined;
}

/** What is written there and cannot be followed is said. */
export function rankWarnings(workspace: Workspace, widest: number): readonly Notice[] {
  const value = workspace.metadata.annotations?.[MAX_RANK_ANNOTATION];
  const rank = askedRank(workspace);
  if (value === undefined || (rank !== undefined && rank <= widest)) return [];
  const message = `The annotation ${MAX_RANK_ANNOTATION} is "${value}", and only whole numbers from 1 to ${widest} can be followed.`;
  return [{ code: 'AnnotationIgnored', message }];
}
