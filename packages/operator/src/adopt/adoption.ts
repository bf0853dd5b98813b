import {
  type Clock,
  isConflict,
  KaitoError,
  type KubeClient,
  type KubeObject,
  type Plan,
  type Workspace,
} from '@kaito-sdk/core';
import { withWorkspaceDefaults } from '../config/workspace-defaults.js';
import { decide } from '../decide.js';
import { type Change, described, nameOf, refOf, type Step } from './change.js';
import { type Obstacle, obstaclesOf } from './obstacles.js';
import { ownNodes } from './own-nodes.js';
import { type KaitoCluster, type KaitoWorkspace, readKaito, sameRelease } from './read-kaito.js';
import { isStopped, stopSteps } from './stop-kaito.js';
import type { Successor } from './successor.js';
import { definitionStep, protectSteps } from './take-definitions.js';
import { endedTuning, workspaceSteps } from './take-workspace.js';

/** Everything that a takeover would do, object by object, and what stands in its way. */
export interface Adoption {
  readonly obstacles: readonly Obstacle[];
  readonly changes: readonly Change[];
  /** What a person should know, and nobody has to do anything about before. */
  readonly notes: readonly string[];
}

/** Looks, and changes nothing. */
export function adoptionOf(cluster: KaitoCluster, successor: Successor): Adoption {
  const taken = cluster.workspaces.map((found) => take(found, cluster, successor));
  const steps = [
    ...protectSteps(cluster),
    ...stopSteps(cluster),
    ...definitionSteps(cluster, successor),
    ...taken.flatMap(({ steps }) => steps),
  ];
  return {
    obstacles: [...helmObstacles(cluster, successor), ...taken.flatMap(({ obstacles }) => obstacles)],
    changes: steps.map(described),
    notes: [...notesOf(cluster), ...taken.flatMap(({ notes }) => notes)],
  };
}

/** The storage class by which KAITO keeps weights on the local disk of a node. */
const NVME_CLASS = 'kaito-local-nvme-disk';

/** How long KAITO's operator may take to stop, and how often that is looked at. */
const STOP_MS = 120_000;
const LOOK_MS = 1_000;

/**
 * Carries a takeover out, and tells each step once it is done. What has been done stays done: run again, it goes on where it ended.
 *
 * The order is the safety: first what an uninstall of KAITO must not take along, then KAITO's operator stops, and only then its objects are read
 * for the last time and handed over, each Workspace last of what belongs to it.
 */
export async function carryOut(
  client: KubeClient,
  successor: Successor,
  { clock, told }: { readonly clock: Clock; readonly told: (change: Change) => void },
): Promise<void> {
  const perform = async (steps: readonly Step[]) => {
    for (const step of steps) {
      if (step.action === 'none') continue;
      try {
        await step.carryOut(client);
      } catch (error) {
        if (!isConflict(error)) throw error;
        const what = `${nameOf(step.object)} was changed by somebody else while it was taken over; what is done is done, run kaito adopt --apply again`;
        throw new KaitoError('ADOPT_CONFLICT', what);
      }
      told(described(step));
    }
  };
  const before = await readKaito(client, successor.release);
  refuse(adoptionOf(before, successor).obstacles);
  await perform([...protectSteps(before), ...stopSteps(before)]);
  const until = clock.now() + STOP_MS;
  while (!(await isStopped(client, before.operators))) {
    if (clock.now() >= until) {
      const names = before.operators.map((one) => nameOf(refOf(one))).join(', ');
      throw new KaitoError(
        'ADOPT_KAITO_RUNS',
        `${names} still has pods after ${STOP_MS / 1000} s; see why, and run kaito adopt --apply again`,
      );
    }
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
  }
  await perform(definitionSteps(before, successor));
  const now = await readKaito(client, successor.release);
  for (const found of now.workspaces) {
    const { steps, obstacles } = take(found, now, successor);
    refuse(obstacles);
    await perform(steps);
  }
}

function refuse([obstacle]: readonly Obstacle[]): void {
  if (obstacle === undefined) return;
  const { object, problem, remedy } = obstacle;
  throw new KaitoError('ADOPT_OBSTACLE', `${nameOf(object)}: ${problem}. ${remedy}`);
}

function take(
  found: KaitoWorkspace,
  cluster: KaitoCluster,
  { catalogs, defaults, ...ground }: Successor,
): { readonly steps: readonly Step[]; readonly obstacles: readonly Obstacle[]; readonly notes: readonly string[] } {
  // As the operator will read it, or it would seem to ask for something else from the first moment on.
  const asked = withWorkspaceDefaults(found.workspace as Workspace, defaults);
  const nodes = ground.provisioner === 'byo' ? ownNodes(found, cluster.nodes, asked, catalogs()) : undefined;
  const decision = decide(asked, nodes?.catalogs ?? catalogs());
  const obstacles = obstaclesOf(found, decision, ground);
  if (obstacles.length > 0 || !decision.feasible) return { steps: [], obstacles, notes: [] };
  const note = endedTuning(found, decision as Plan);
  return {
    steps: workspaceSteps(found, asked, nodes?.steps(decision) ?? []),
    obstacles,
    notes: note === undefined ? [] : [note],
  };
}

function definitionSteps(cluster: KaitoCluster, { release }: Successor): readonly Step[] {
  const step = definitionStep(cluster, release);
  return step === undefined ? [] : [step];
}

/** A release that Helm says there is and whose record cannot be found: what an uninstall would delete is not known. */
function helmObstacles({ release, revisions, definitions }: KaitoCluster, successor: Successor): readonly Obstacle[] {
  const [crd] = definitions;
  if (release !== undefined && crd !== undefined && sameRelease(release, successor.release)) {
    return [
      {
        object: refOf(crd),
        problem: `KAITO is the Helm release ${release.namespace}/${release.name}, and this operator would be one of the same name`,
        remedy: 'Name the release of this operator with --release and --release-namespace.',
      },
    ];
  }
  if (release === undefined || revisions.length > 0 || crd === undefined) return [];
  return [
    {
      object: refOf(crd),
      problem: `it belongs to the Helm release ${release.namespace}/${release.name}, of which there is no Secret here: Helm keeps its releases elsewhere (HELM_DRIVER), and an uninstall would delete this`,
      remedy:
        'Take these annotations (meta.helm.sh/…) off if the release is gone for good; else protect its definitions there first.',
    },
  ];
}

function notesOf({ release, operators, inferenceSets, ragEngines, workspaces }: KaitoCluster): readonly string[] {
  const names = (objects: readonly KubeObject[]) =>
    objects.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`).join(', ');
  const disks = workspaces
    .filter(({ workloads }) => workloads.some(({ spec }) => JSON.stringify(spec ?? {}).includes(`"${NVME_CLASS}"`)))
    .map(({ workspace: { metadata } }) => `${metadata.namespace}/${metadata.name}`);
  return [
    ...(inferenceSets.length > 0
      ? [
          `InferenceSets are not served by this operator: ${names(inferenceSets)}. Their Workspaces are taken over one by one and run on; nothing scales them any more`,
        ]
      : []),
    ...(ragEngines.length > 0
      ? [`RAGEngines are KAITO's own and stay with its RAG operator: ${names(ragEngines)}`]
      : []),
    ...(disks.length > 0
      ? [
          `the weights of ${disks.join(', ')} are on volumes of class ${NVME_CLASS}, whose driver comes with KAITO's chart: their pods run on, and one that restarts without the driver does not start; keep the driver, or let a change of the Workspace roll them out first`,
        ]
      : []),
    ...(release !== undefined && operators.length > 0
      ? [
          `KAITO's chart also brings the NVIDIA device plugin where it was not turned off: install this operator right after helm uninstall ${release.name} -n ${release.namespace}, or a pod that restarts in between finds no GPU`,
        ]
      : []),
  ];
}
