// A Workspace from its claim to the first answer on recorded phase times, in virtual time: what overlaps, and what that gives against doing one
// thing after the other. The phases are those of KAITO's own trace of a cold start, 966 s (docs/reference/cold-start.md). How much of its 410 s to
// the node was the driver and the device plugin is not recorded, so three shares are gone through.
import { phiWorkspace, World } from '../../packages/operator/dist-test/support/world.js';

const TRACE = { node: 410, image: 101, engineAndWeights: 352, benchmark: 92, operator: 8 };
const JOIN_S = 60;
const DRIVER_S = [60, 120, 180];

export const usualRuns = 1;

export async function bench({ runs, say }) {
  const sequentialS = Object.values(TRACE).reduce((sum, seconds) => sum + seconds, 0);
  const result = { runs, phasesOfTraceS: TRACE, sequentialS };
  for (const driverS of DRIVER_S) {
    const late = await coldStart(driverS, false);
    const early = await coldStart(driverS, true);
    say(`driver and device plugin ${driverS} s: ${early.readyS} s to ready, ${late.readyS} s without the early pull`);
    result[`driver${driverS}s`] = {
      readyS: early.readyS,
      withoutEarlyPullS: late.readyS,
      savedByEarlyPullS: late.readyS - early.readyS,
      savedAgainstSequenceS: sequentialS - early.readyS,
      operatorS: early.operatorS,
      phases: early.phases,
    };
  }
  return result;
}

/** One life in virtual time. Times in seconds since the Workspace was applied; they do not depend on this machine. */
async function coldStart(driverS, prePull) {
  const launchS = TRACE.node - JOIN_S - driverS;
  const script = (_pod, container) =>
    container.startsWith('image-') ? { exit: { after: 0, code: 0 } } : { readyAfter: TRACE.engineAndWeights * 1000 };
  const world = await World.start(
    { script, pullDelay: TRACE.image * 1000 },
    { delays: { launch: launchS * 1000, join: JOIN_S * 1000, gpu: driverS * 1000 } },
  );
  world.more = { prePull };
  try {
    await world.operate();
    const began = world.clock.now();
    const since = () => (world.clock.now() - began) / 1000;
    const phases = {};
    const note = async () => {
      for (const [phase, reached] of Object.entries(reachedBy)) {
        if (phases[phase] === undefined && (await reached(world))) phases[phase] = since();
      }
    };
    await world.apply(phiWorkspace());
    await world.clock.advanceUntil(async () => {
      await note();
      return phases.ready !== undefined;
    });
    const waitedForOthers =
      TRACE.node + (prePull ? Math.max(0, TRACE.image - driverS) : TRACE.image) + TRACE.engineAndWeights;
    return { readyS: phases.ready, operatorS: phases.ready - waitedForOthers, phases };
  } finally {
    await world.stop();
  }
}

const stageAtLeast = (stage) => async (world) => {
  const stages = ['asked', 'requested', 'launched', 'joined', 'visible', 'running', 'ready'];
  const attempts = (await world.workspace())?.status?.attempts ?? [];
  return attempts.some((one) => stages.indexOf(one.stage) >= stages.indexOf(stage));
};

/** When a phase is over, as the cluster tells it. */
const reachedBy = {
  claimed: stageAtLeast('requested'),
  launched: stageAtLeast('launched'),
  joined: stageAtLeast('joined'),
  gpuShows: stageAtLeast('visible'),
  engineStarts: stageAtLeast('running'),
  ready: async (world) => (await world.condition('WorkspaceReady'))?.status === 'True',
};
