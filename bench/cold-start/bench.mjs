// A Workspace from its claim to the first answer on recorded phase times, in virtual time: what overlaps, and what that gives against doing one
// thing after the other. The phases are those of KAITO's own trace of a cold start, 966 s (docs/reference/cold-start.md). How much of its 410 s to
// the node was the driver and the device plugin is not recorded, so three shares are gone through; nor is how much of its 352 s the engine spent on
// fetching weights, so where they come as an image that is mounted two shares are.
import { phiWorkspace, World } from '../../packages/operator/dist-test/support/world.js';

const TRACE = { node: 410, image: 101, engineAndWeights: 352, benchmark: 92, operator: 8 };
const JOIN_S = 60;
const DRIVER_S = [60, 120, 180];
const WEIGHTS_S = [60, 120];
const WEIGHTS_IMAGE = 'registry.example/phi-3-mini-4k-instruct:weights';

export const usualRuns = 1;

export async function bench({ runs, say }) {
  const sequentialS = Object.values(TRACE).reduce((sum, seconds) => sum + seconds, 0);
  const result = { runs, phasesOfTraceS: TRACE, sequentialS };
  for (const driverS of DRIVER_S) {
    const late = await coldStart({ driverS, prePull: false });
    const early = await coldStart({ driverS, prePull: true });
    say(`driver and device plugin ${driverS} s: ${early.readyS} s to ready, ${late.readyS} s without the early pull`);
    const weights = {};
    for (const weightsS of WEIGHTS_S) {
      const { readyS } = await coldStart({ driverS, prePull: true, weightsS });
      say(`driver and device plugin ${driverS} s, ${weightsS} s of weights as an image: ${readyS} s to ready`);
      weights[`weights${weightsS}s`] = { readyS, savedByEarlyWeightsS: early.readyS - readyS };
    }
    result[`driver${driverS}s`] = {
      readyS: early.readyS,
      withoutEarlyPullS: late.readyS,
      savedByEarlyPullS: late.readyS - early.readyS,
      savedAgainstSequenceS: sequentialS - early.readyS,
      operatorS: early.operatorS,
      phases: early.phases,
      weights,
    };
  }
  return result;
}

/** One life in virtual time. Times in seconds since the Workspace was applied; they do not depend on this machine. */
async function coldStart({ driverS, prePull, weightsS = 0 }) {
  const launchS = TRACE.node - JOIN_S - driverS;
  const engineS = TRACE.engineAndWeights - weightsS;
  const script = (_pod, container) =>
    container.startsWith('image-') ? { exit: { after: 0, code: 0 } } : { readyAfter: engineS * 1000 };
  const pullDelay = (image) => (image === WEIGHTS_IMAGE ? weightsS : TRACE.image) * 1000;
  const world = await World.start(
    { script, pullDelay },
    { delays: { launch: launchS * 1000, join: JOIN_S * 1000, gpu: driverS * 1000 } },
    { config: { '@kaito-sdk/runtime-inference': { imageVolumes: true } } },
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
    await world.apply(weightsS === 0 ? workspace() : workspace({ 'kaito.sh/weights-image': WEIGHTS_IMAGE }));
    await world.clock.advanceUntil(async () => {
      await note();
      return phases.ready !== undefined;
    });
    const waitedForOthers =
      TRACE.node + (prePull ? Math.max(0, TRACE.image + weightsS - driverS) : TRACE.image + weightsS) + engineS;
    return { readyS: phases.ready, operatorS: phases.ready - waitedForOthers, phases };
  } finally {
    await world.stop();
  }
}

/** vLLM, on a machine that is sold: the runtime that takes weights from an image. */
function workspace(annotations = {}) {
  const { metadata, ...rest } = phiWorkspace({ instanceType: 'Standard_NC24ads_A100_v4' });
  return { ...rest, metadata: { ...metadata, annotations } };
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
