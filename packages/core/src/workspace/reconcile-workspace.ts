import { conditionTypes } from '../api/conditions.js';
import { done, type Outcome, waiting } from '../engine/outcome.js';
import { KaitoError } from '../errors.js';
import { admit } from './admit.js';
import { awaitDevices } from './await-devices.js';
import { awaitReady } from './await-ready.js';
import { checkInputs } from './check-inputs.js';
import { claimNodes } from './claim-nodes.js';
import { decide } from './decide.js';
import { findAdapters } from './find-adapters.js';
import { finishTuning } from './finish-tuning.js';
import { keepLeases } from './keep-leases.js';
import { keepRevision } from './keep-revision.js';
import { prepare } from './prepare.js';
import { release } from './release.js';
import { releaseAbandoned } from './release-abandoned.js';
import { releaseSurplus } from './release-surplus.js';
import { runWorkload } from './run-workload.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/** The order is the documentation: each phase runs only when the one before it is done. */
const beforeTheEnd: readonly Phase[] = [keepLeases, admit, findAdapters, decide, releaseAbandoned];
const phases: readonly Phase[] = [
  prepare,
  checkInputs,
  claimNodes,
  runWorkload,
  keepRevision,
  awaitDevices,
  awaitReady,
  releaseSurplus,
];

/** One pass over one Workspace, from the state that is. */
export async function reconcileWorkspace(context: WorkspaceContext): Promise<Outcome> {
  if (context.workspace.metadata.deletionTimestamp !== undefined) return release(context);
  const early = await run(beforeTheEnd, context);
  if (early.kind !== 'done') return early;
  const ended = await finishTuning(context);
  if (ended) {
    context.settleLeases(ended);
    return ended;
  }
  const outcome = await run(phases, context);
  context.settleLeases(outcome);
  return outcome;
}

async function run(phases: readonly Phase[], context: WorkspaceContext): Promise<Outcome> {
  for (const phase of phases) {
    const outcome = await phase(context).catch((error: unknown) => nameTaken(context, error));
    if (outcome.kind !== 'done') return outcome;
  }
  return done;
}

/** Nothing that we watch tells when the other object is gone. */
const LOOK_AGAIN_MS = 60_000;

/** What must have a certain name cannot be made where somebody else's has it: a person has to choose, and reads why. */
function nameTaken({ status }: WorkspaceContext, error: unknown): Outcome {
  if (!KaitoError.is(error) || (error.code !== 'OWNED_BY_ANOTHER' && error.code !== 'MADE_BY_ANOTHER')) throw error;
  status.condition(conditionTypes.resourceReady, 'False', 'NameTaken', error.message);
  return waiting('NameTaken', error.message, LOOK_AGAIN_MS);
}
