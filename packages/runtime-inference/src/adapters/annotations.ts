import type { Notice, Workspace } from '@kaito-sdk/core';

/** Other names of the base model, with commas between them: adapters that say they were made for one of these are taken. */
export const BASE_MODEL_ANNOTATION = 'kaito.sh/adapter-base-model';

/** The widest rank of an adapter that the engine is to be started for. */
export const MAX_RANK_ANNOTATION = 'kaito.sh/max-lora-rank';

export function otherBaseNames({ metadata }: Workspace): readonly string[] {
  const value = metadata.annotations?.[BASE_MODEL_ANNOTATION] ?? '';
  return value.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
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
