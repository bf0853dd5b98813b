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

/** A phase, and what it does in the words of a condition. */
type Step = readonly [phase: Phase, doing: string];

/** The order is the documentation: each phase runs only when the one before it is done. */
const beforeTheEnd: readonly Step[] = [
  [keepLeases, 'minding its nodes'],
  [admit, 'checking the Workspace'],
  [findAdapters, 'looking for its adapters'],
  [decide, 'planning'],
  [releaseAbandoned, 'giving nodes back'],
];
const phases: readonly Step[] = [
  [prepare, 'checking what is free before nodes are asked for'],
  [checkInputs, 'looking at the data'],
  [claimNodes, 'asking for nodes'],
  [runWorkload, 'applying the workload'],
  [keepRevision, 'keeping what was asked for'],
  [awaitDevices, 'looking at the nodes'],
  [awaitReady, 'looking at the workload'],
  [releaseSurplus, 'giving nodes back'],
];

/** One pass over one Workspace, from the state that is. */
export async function reconcileWorkspace(context: WorkspaceContext): Promise<Outcome> {
  if (context.workspace.metadata.deletionTimestamp !== undefined)
    return run([[release, 'giving back what it had']], context);
  const early = await run(beforeTheEnd, context);
  if (early.kind !== 'done') return early;
  context.doing = 'ending the tuning';
  const ended = await finishTuning(context);
  if (ended) {
    context.settleLeases(ended);
    return ended;
  }
  const outcome = await run(phases, context);
  context.settleLeases(outcome);
  return outcome;
}

async function run(steps: readonly Step[], context: WorkspaceContext): Promise<Outcome> {
  for (const [phase, doing] of steps) {
    context.doing = doing;
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
