import { done } from '../engine/outcome.js';
import { revisionOf } from './revision.js';
import type { Phase } from './workspace-context.js';

/** Keeps the specification that is being carried out, so that a user can see what was there before, and go back to it. */
export const keepRevision: Phase = async ({ workspace, cluster }) => {
  const { create, drop } = revisionOf(workspace, cluster.revisions(workspace));
  if (create) await cluster.createRevision(create);
  for (const revision of drop) await cluster.dropRevision(revision);
  return done;
};
