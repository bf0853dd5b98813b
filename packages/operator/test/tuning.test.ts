import type { KubeObject } from '@kaito-sdk/core';
import type { Script } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { NODE_CLAIMS, NODES, PODS, WORKSPACES, World } from './support/world.js';

const JOBS = { group: 'batch', version: 'v1', plural: 'jobs' };
const SECRETS = { group: '', version: 'v1', plural: 'secrets' };
const MINUTE = 60_000;

const pushSecret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'push', namespace: 'default' },
  data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
};

/** A tuning Workspace under a short name. */
function aTuning(
  more: { readonly urls?: readonly string[]; readonly annotations?: Record<string, string> } = {},
): KubeObject {
  const { urls = ['https://data.example/train.parquet'], annotations = {} } = more;
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'demo', namespace: 'default', annotations },
    resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { apps: 'demo' } } },
    tuning: {
      preset: { name: 'phi-3-mini-4k-instruct' },
      method: 'qlora',
      input: { urls },
      output: { image: 'registry.example/team/adapter:1', imagePushSecret: 'push' },
    },
  } as KubeObject;
}

/** How long the containers take, and how they end. */
const tuned =
  ({ check = 0, trainer = 0, minutes = 60 }: { check?: number; trainer?: number; minutes?: number } = {}): Script =>
  (_pod, container) => {
    if (container === 'check') return { exit: { after: 20_000, code: check } };
    if (container === 'trainer' || container === 'pusher') return { exit: { after: minutes * MINUTE, code: trainer } };
    return { exit: { after: 30_000, code: 0 } };
  };

describe('a tuning Workspace on a cluster', () => {
  let world: World;
  afterEach(() => world.stop());

  const start = async (script: Script = tuned(), nodes = ['plain-1']) => {
    world = await World.start({ script, nodes: nodes.map((name) => ({ name })) });
    await world.cluster.client.create(SECRETS, pushSecret as never);
    await world.operate();
  };
  const state = async () => (await world.workspace())?.status?.state;
  const until = (wanted: string) => world.clock.advanceUntil(async () => (await state()) === wanted, 24 * 60 * MINUTE);
  const jobs = () => world.names(JOBS);

  it('looks at the data, gets a node, trains, and gives the node back', async () => {
    await start();
    await world.apply(aTuning());
    expect(await jobs()).to.deep.equal(['demo-data-check']);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(await world.condition('DataChecked')).to.include({ status: 'Unknown', reason: 'CheckingData' });
    await until('Running');
    expect(await world.condition('DataChecked')).to.include({ status: 'True' });
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
    expect(await world.condition('WorkspaceSucceeded')).to.include({ status: 'False', reason: 'workspacePending' });
    await until('Succeeded');
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(await world.names(NODES)).to.deep.equal(['plain-1']);
    expect(await world.condition('WorkspaceSucceeded')).to.include({ status: 'True', reason: 'workspaceSucceeded' });
    expect(await world.condition('ResourceReady')).to.include({ status: 'False', reason: 'NodesReleased' });
  });

  it('asks for nothing any more when it is done, and does not begin again in a new process', async () => {
    await start();
    await world.apply(aTuning());
    await until('Succeeded');
    await world.clock.advance(10 * MINUTE);
    await world.kill();
    await world.cluster.client.delete(JOBS, 'default', 'demo');
    await world.operate();
    await world.clock.advance(6 * 60 * MINUTE);
    expect(world.wire.writes).to.deep.equal([]);
    expect(await jobs()).to.deep.equal([]);
  });

  it('starts the clock of the Job only when the GPUs of its node show', async () => {
    await start();
    await world.apply(aTuning());
    const job = async () => (await world.cluster.client.get(JOBS, 'default', 'demo')) as KubeObject | undefined;
    const suspended = async () => ((await job())?.spec as { suspend?: boolean } | undefined)?.suspend;
    await world.clock.advanceUntil(async () => (await job()) !== undefined, 60 * MINUTE);
    expect(await suspended()).to.equal(true);
    expect((await job())?.status).not.to.have.property('startTime');
    await until('Running');
    expect(await suspended()).to.equal(false);
  });

  it('does not give up a node that trains for a day', async () => {
    await start(tuned({ minutes: 24 * 60 }));
    await world.apply(aTuning());
    await until('Running');
    await world.clock.advance(20 * 60 * MINUTE);
    expect(await state()).to.equal('Running');
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
  });

  it('asks for no node while the data is not what it should be, and looks again by itself', async () => {
    let code = 2;
    await start((pod, container, restarts) =>
      container === 'check' ? { exit: { after: 20_000, code } } : tuned()(pod, container, restarts),
    );
    await world.apply(aTuning());
    await world.clock.advance(4 * MINUTE);
    expect(await world.condition('DataChecked')).to.include({ status: 'False' });
    expect((await world.condition('WorkspaceSucceeded'))?.message).to.match(
      /No node was asked for; the next look is at 2026-06-01T00:0\d:\d\dZ$/,
    );
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    code = 0;
    await until('Succeeded');
  });

  it('asks for no node while the Secret for the push is missing', async () => {
    await start();
    await world.cluster.client.delete(SECRETS, 'default', 'push');
    await world.apply(aTuning());
    await world.clock.advance(10 * MINUTE);
    expect(await world.condition('ResourceReady')).to.include({ status: 'False', reason: 'ReferenceMissing' });
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('goes on without the look where no plain node has room for it', async () => {
    await start(tuned(), []);
    await world.apply(aTuning());
    await until('Succeeded');
    expect(await world.condition('DataChecked')).to.include({ status: 'Unknown', reason: 'NoRoomForCheck' });
  });

  it('is failed at once where another try is of no use, and gives the node back', async () => {
    await start(tuned({ trainer: 2 }));
    await world.apply(aTuning());
    await until('Failed');
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(
      (await world.cluster.client.list(PODS)).items.filter(({ metadata }) => metadata.name.startsWith('demo-')),
    ).to.have.length.at.most(1);
    expect(await world.condition('WorkspaceSucceeded')).to.include({ status: 'False', reason: 'workspaceFailed' });
    expect(await world.condition('JobStarted')).to.include({
      status: 'False',
      reason: 'WorkspaceTuningJobStatusFailed',
    });
  });

  it('tries again after a crash, as often as the retry limit says', async () => {
    await start(tuned({ trainer: 1, minutes: 1 }));
    await world.apply(aTuning());
    await until('Failed');
    expect((await world.workspace())?.status?.tuning).to.include({ reason: 'BackoffLimitExceeded' });
    // The first pod and three more.
    const { status } = (await world.cluster.client.get(JOBS, 'default', 'demo')) as KubeObject;
    expect(status).to.include({ failed: 4 });
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('keeps its node at the end for as long as an annotation says so', async () => {
    await start();
    await world.apply(aTuning({ annotations: { 'kaito-sdk.dev/keep-nodes': 'true' } }));
    await until('Succeeded');
    await world.clock.advance(60 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
    const without = { metadata: { annotations: { 'kaito-sdk.dev/keep-nodes': null } } };
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', without);
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(await state()).to.equal('Succeeded');
  });

  it('runs again when what is asked for changes, or when it is told to', async () => {
    await start();
    await world.apply(aTuning());
    for (const change of [
      { tuning: { input: { urls: ['https://data.example/more.parquet'] } } },
      { metadata: { annotations: { 'kaito-sdk.dev/tuning-run': '2' } } },
    ]) {
      await until('Succeeded');
      const before = (await world.workspace())?.status?.tuning?.ended;
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', change);
      await until('Running');
      await until('Succeeded');
      expect((await world.workspace())?.status?.tuning?.ended).not.to.equal(before);
    }
    await world.clock.advance(10 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  describe('under another version of the operator, which would render it otherwise', () => {
    const job = async () => (await world.cluster.client.get(JOBS, 'default', 'demo')) as KubeObject | undefined;
    const imageOf = (object: KubeObject | undefined) => {
      const spec = object?.spec as
        | { template: { spec: { containers: { name: string; image: string }[] } } }
        | undefined;
      return spec?.template.spec.containers.find(({ name }) => name === 'trainer')?.image;
    };
    const config = {
      '@kaito-sdk/provider-karpenter': { retired: 'warn' },
      '@kaito-sdk/runtime-tuning': { tag: '9.9.9', retries: 1 },
    };
    const upgraded = async () => {
      await world.kill();
      await world.reconfigure({ config });
      await world.operate();
    };

    it('goes on with the image that it began with, and the next run takes the new one', async () => {
      await start();
      await world.apply(aTuning());
      await until('Running');
      const before = await job();
      const [pod] = (await world.cluster.client.list(PODS)).items.filter(
        ({ metadata }) => metadata.labels?.['job-name'] === 'demo',
      );
      await upgraded();
      await world.clock.advance(10 * MINUTE);
      expect((await job())?.metadata.uid).to.equal(before?.metadata.uid);
      expect(imageOf(await job()))
        .to.equal(imageOf(before))
        .and.to.match(/:0\.1\.0-volta$/);
      expect((await world.cluster.client.get(PODS, 'default', pod?.metadata.name ?? ''))?.metadata.uid).to.equal(
        pod?.metadata.uid,
      );
      await until('Succeeded');
      const again = { metadata: { annotations: { 'kaito-sdk.dev/tuning-run': '2' } } };
      await world.cluster.client.merge(WORKSPACES, 'default', 'demo', again);
      await until('Running');
      expect(imageOf(await job())).to.match(/:9\.9\.9-volta$/);
      await until('Succeeded');
    });

    it('gets another node for the same Job when its own is taken away', async () => {
      await start();
      await world.apply(aTuning());
      await until('Running');
      const before = await job();
      await upgraded();
      const [claim = ''] = await world.names(NODE_CLAIMS);
      await world.cluster.client.delete(NODE_CLAIMS, undefined, claim);
      await until('Succeeded');
      expect((await job())?.metadata.uid).to.equal(before?.metadata.uid);
      expect(world.wire.writes.filter((write) => write.startsWith('POST') && write.includes('nodeclaims'))).not.to.be
        .empty;
    });

    it('is made anew when it had not begun: it waited for its machines', async () => {
      await start();
      await world.apply(aTuning());
      await world.clock.advanceUntil(async () => (await job()) !== undefined, 60 * MINUTE);
      await upgraded();
      await until('Running');
      expect(imageOf(await job())).to.match(/:9\.9\.9-volta$/);
      await until('Succeeded');
    });
  });

  for (const [phase, reached, check = 0, trainer = 0] of [
    ['the data is looked at', async () => (await jobs()).length > 0],
    ['the data is not what it should be', async () => (await world.condition('DataChecked'))?.status === 'False', 2, 0],
    ['the node is on its way', async () => (await world.names(NODE_CLAIMS)).length > 0],
    ['its Job waits for the GPUs of the node', async () => (await jobs()).includes('demo')],
    ['it trains', async () => (await state()) === 'Running'],
    ['it is done', async () => (await state()) === 'Succeeded'],
    ['it has failed', async () => (await state()) === 'Failed', 0, 2],
  ] as [string, () => Promise<boolean>, number?, number?][]) {
    it(`leaves nothing behind when it is deleted while ${phase}`, async () => {
      await start(tuned({ check, trainer }));
      await world.apply(aTuning());
      await world.clock.advanceUntil(reached, 24 * 60 * MINUTE);
      await world.delete();
      await world.untilGone();
      await world.clock.advance(10 * MINUTE);
      expect(await world.remains()).to.deep.equal(['nodes/plain-1']);
      expect(await jobs()).to.deep.equal([]);
    });
  }
});

describe('a tuning whose operator is killed after any of its writes', () => {
  for (let writes = 1; writes <= 12; writes++) {
    it(`comes to the same end: ${writes}`, async () => {
      const world = await World.start({ script: tuned(), nodes: [{ name: 'plain-1' }] });
      try {
        await world.cluster.client.create(SECRETS, pushSecret as never);
        await world.operate(writes);
        await world.apply(aTuning());
        await world.clock.advance(30 * MINUTE);
        await world.kill();
        await world.operate();
        await world.clock.advanceUntil(
          async () => (await world.workspace())?.status?.state === 'Succeeded',
          24 * 60 * MINUTE,
        );
        await world.clock.advance(10 * MINUTE);
        expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
        const attempts = (await world.workspace())?.status?.attempts ?? [];
        expect(attempts.filter(({ ended }) => ended === undefined)).to.deep.equal([]);
      } finally {
        await world.stop();
      }
    });
  }
});
