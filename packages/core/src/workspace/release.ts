import { conditionReasons, conditionTypes } from '../api/conditions.js';
import { done, waiting } from '../engine/outcome.js';
import { releaseAll } from './release-all.js';
import type { Phase } from './workspace-context.js';

/**
 * The end of a Workspace: workload first (a pod that is left pending would make another autoscaler buy a node for it), then the
 * nodes, and the finalizer only when the last of them is really gone.
 */
export const release: Phase = async ({ workspace, owner, provisioner, cluster, status, log }) => {
  await cluster.apply(workspace, []);
  const cached = await provisioner.observe(owner);
  const claims = cached.length > 0 ? cached : await provisioner.observe(owner, { fresh: true });
  const going = await releaseAll(provisioner, claims);
  for (const { name } of claims) log.end(name);
  if (going.length > 0) {
    const each = going.map(({ name, phase, message }) =>
      phase === 'releasing' && message !== undefined ? `${name} (${message})` : name,
    );
    const message = `waiting for ${going.length} ${going.length === 1 ? 'node' : 'nodes'} to go: ${each.join(', ')}`;
    status.condition(conditionTypes.workspaceDeleting, 'True', conditionReasons.workspaceDeleted, message);
    return waiting('ReleasingNodes', message);
  }
  await cluster.removeFinalizer(workspace);
  return done;
};
