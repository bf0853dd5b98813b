import { expect } from 'chai';
import { timelineOf } from '../../dist/story/timeline.js';
import { phiWorkspace, World } from '../support/world.js';
import { ago, anAttempt, aStory, conditions, NOON } from './stories.js';

describe('the timeline of a Workspace', () => {
  it('has each phase with how long it took, and the nodes beside them', () => {
    const { happenings, readyAfterSeconds, now, cost } = timelineOf(
      aStory({
        conditions: conditions(
          ['Planned', 'True', 'Feasible', '', 14],
          ['NodeClaimReady', 'True', 'x', '', 8],
          ['ResourceReady', 'True', 'x', '', 6],
          ['InferenceReady', 'True', 'x', '', 1],
          ['WorkspaceReady', 'True', 'x', '', 1],
        ),
        attempts: [anAttempt({ asked: ago(14), paid: ago(10), stage: 'ready' })],
      }),
      NOON,
    );
    expect(happenings).to.deep.equal([
      { at: ago(15), what: 'created' },
      { at: ago(14), what: 'planned', tookSeconds: 60 },
      { at: ago(14), what: 'node ws1 asked for: gpu.small' },
      { at: ago(10), what: 'node ws1 runs and is paid for' },
      { at: ago(8), what: 'nodes joined and ready', tookSeconds: 360 },
      { at: ago(6), what: 'GPUs visible', tookSeconds: 120 },
      { at: ago(1), what: 'model ready', tookSeconds: 300 },
    ]);
    expect(readyAfterSeconds).to.equal(14 * 60);
    expect(now).to.equal(undefined);
    // Ten minutes at six dollars an hour.
    expect(cost).to.deep.equal({ usdPerHour: 6, usdSoFar: 1 });
  });

  it('says what it waits for and since when, and what a node that was given up has cost', () => {
    const { happenings, now, cost, readyAfterSeconds } = timelineOf(
      aStory({
        conditions: conditions(
          ['Planned', 'True', 'Feasible', '', 14],
          ['NodeClaimReady', 'False', 'NodeClaimNotReady', '', 4],
        ),
        attempts: [
          anAttempt({ paid: ago(14), asked: ago(14), ended: ago(4), failure: 'deadline', message: 'no machine' }),
          anAttempt({ claim: 'ws2', asked: ago(4), capacityType: 'spot' }),
        ],
      }),
      NOON,
    );
    expect(now).to.deep.equal({ waitingFor: 'the nodes', seconds: 240 });
    expect(readyAfterSeconds).to.equal(undefined);
    expect(cost).to.deep.equal({ usdSoFar: 1 });
    expect(happenings.map(({ what }) => what)).to.include('node ws1 given back: no machine');
    expect(happenings.map(({ what }) => what)).to.include('node ws2 asked for: gpu.small, spot');
  });

  it('counts a wait that began before the condition was there from the step before', () => {
    expect(timelineOf(aStory(), NOON).now).to.deep.equal({ waitingFor: 'a plan', seconds: 900 });
  });

  it('follows a tuning to the end of its training', () => {
    const tuning = { inference: undefined, tuning: {} } as never;
    const turns = [
      ['Planned', 'True', 'x', '', 14],
      ['DataChecked', 'True', 'x', '', 13],
      ['NodeClaimReady', 'True', 'x', '', 9],
      ['ResourceReady', 'True', 'x', '', 8],
      ['JobStarted', 'True', 'x', '', 7],
    ] as const;
    const training = timelineOf(aStory({ conditions: conditions(...turns) }, tuning), NOON);
    expect(training.now?.waitingFor).to.equal('the training');
    const done = [
      ...turns.filter(([type]) => !['NodeClaimReady', 'ResourceReady'].includes(type)),
      ['NodeClaimReady', 'False', 'NodesReleased', '', 2],
      ['ResourceReady', 'False', 'NodesReleased', '', 2],
      ['WorkspaceSucceeded', 'True', 'x', '', 2],
    ] as const;
    const ended = timelineOf(aStory({ conditions: conditions(...done) }, tuning), NOON);
    expect(ended.happenings.at(-1)).to.deep.equal({ at: ago(2), what: 'training succeeded', tookSeconds: 300 });
    expect(ended.now, 'its nodes are gone').to.equal(undefined);
    expect(ended.readyAfterSeconds).to.equal(13 * 60);
  });

  it('of the operator on a simulated cloud shows the time of each part of the way', async function () {
    this.timeout(60_000);
    const world = await World.start();
    try {
      await world.operate();
      await world.apply(phiWorkspace());
      await world.untilReady();
      const workspace = await world.workspace();
      if (!workspace) throw new Error('it is gone');
      const { happenings, readyAfterSeconds, cost } = timelineOf(workspace, world.clock.now());
      const way = happenings.filter(({ tookSeconds }) => tookSeconds !== undefined).map(({ what }) => what);
      expect(way).to.deep.equal(['planned', 'nodes joined and ready', 'GPUs visible', 'model ready']);
      const took = Object.fromEntries(happenings.map(({ what, tookSeconds }) => [what, tookSeconds]));
      // Four minutes to the machine, one to the join, two to the GPUs.
      expect(took['nodes joined and ready']).to.be.within(300, 420);
      expect(readyAfterSeconds).to.be.at.least(420);
      expect(cost.usdPerHour).to.equal(3.06);
      expect(cost.usdSoFar).to.be.above(0);
    } finally {
      await world.stop();
    }
  });
});
