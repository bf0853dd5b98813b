import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOBS, type KubeObject, PODS, WORKSPACES, type Workspace } from '@kaito-sdk/core';
import { pullFiles } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { ask } from '../dist/ask.js';
import { dockerSecret } from '../dist/tuning/tuning-world.js';
import { conditionOf, ended, TuningGround } from './support/tuning-ground.js';

/** The whole way, with everything real but the GPU and the size of the model. */
describe('tuning for real', function () {
  this.timeout(600_000);
  this.slow(60_000);
  let ground: TuningGround;

  before(async () => {
    ground = await TuningGround.start();
    ground.parquet('columns.parquet', { column: 'conversation' });
    ground.parquet('ahoy.parquet', { greeting: 'Ahoy!' });
    ground.files.set('/cut.parquet', (ground.files.get('/train.parquet') as Buffer).subarray(0, -100));
    await ground.world.apply(dockerSecret('wrong', ground.registry.host, 'tuner', 'hunter3'));
  });
  after(() => ground?.stop());

  const refused = (workspace: Workspace) => conditionOf(workspace, 'DataChecked')?.status === 'False';
  const answerOf = async (name: string) => {
    const { metadata } = ground.world.workspace(name) as unknown as KubeObject;
    return ask(ground.world.cluster.transport, { metadata } as KubeObject, 'What is a pod?');
  };
  let digest: string | undefined;

  it('fetches a file that fails twice, trains on it, pushes the adapter, and gives the node back', async () => {
    ground.troubles.set('/train.parquet', [503, 500]);
    await ground.world.apply(ground.tuning('first', 'train.parquet'));
    const { status } = await ground.world.until('first', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' });
    const image = status?.tuning?.image ?? '';
    expect(image).to.match(new RegExp(`^${ground.registry.host}/team/first@sha256:[0-9a-f]{64}$`));
    const manifest = await ground.manifest(image);
    digest = image.split('@')[1];
    expect(manifest.annotations).to.include({
      'sh.kaito.model.name': 'phi-3-mini-4k-instruct',
      'dev.kaito-sdk.base-model': 'microsoft/Phi-3-mini-4k-instruct',
      'dev.kaito-sdk.method': 'qlora',
      'dev.kaito-sdk.lora-rank': '8',
    });
    expect(JSON.parse(manifest.annotations?.['dev.kaito-sdk.datasets'] ?? '')).to.have.nested.property('[0].rows', 347);
    await pullFiles(image, { path: 'data', into: join(ground.folder, 'adapter'), auth: ground.auth });
    const config = JSON.parse(readFileSync(join(ground.folder, 'adapter', 'adapter_config.json'), 'utf8'));
    expect(config).to.deep.include({
      base_model_name_or_path: 'microsoft/Phi-3-mini-4k-instruct',
      target_modules: ['down_proj', 'gate_up_proj', 'o_proj', 'qkv_proj'],
    });
    await ground.world.until(
      'first',
      (workspace) => conditionOf(workspace, 'ResourceReady')?.reason === 'NodesReleased',
    );
    await ground.untilTold('first', 'TuningAdapted', 'TuningSucceeded', 'NodeClaimReleased');
  });

  it('says nowhere what the key in the address or the password is', async () => {
    const { items: pods } = await ground.world.client.list(PODS);
    const { items: jobs } = await ground.world.client.list(JOBS);
    const told = JSON.stringify([ground.world.workspace('first')?.status, pods, jobs, await ground.events('first')]);
    expect(told).not.to.contain('s3cret');
    expect(told).not.to.contain('hunter2');
  });

  it('goes on from its checkpoint when it is killed, and pushes the adapter when the registry is back', async () => {
    await ground.world.apply(ground.tuning('killed', 'train.parquet'));
    await ground.world.until('killed', ({ status }) => status?.state === 'Running');
    const [pod] = await ground.pods('killed');
    process.kill((await ground.atCheckpoint(pod?.metadata.uid ?? '')).pid, 'SIGKILL');
    await ground.registry.down();
    await ground.world.until('killed', (workspace) =>
      /cannot be pushed/.test(conditionOf(workspace, 'JobStarted')?.message ?? ''),
    );
    await ground.untilTold('killed', 'TuningInterrupted', 'TuningResumed');
    await ground.registry.up();
    const { status } = await ground.world.until('killed', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' });
    // One pod did all of it: nothing was trained twice.
    expect((await ground.pods('killed')).map(({ metadata }) => metadata.uid))
      .to.be.an('array')
      .that.satisfies((uids: string[]) => uids.every((uid) => uid === pod?.metadata.uid));
    // The same image, byte for byte, as without the break: the curve after it was the same.
    expect(status?.tuning?.image?.split('@')[1]).to.equal(digest);
  });

  it('is served by Workspaces that name the tuning, and they answer as it was tuned', async () => {
    const adapter = (follow: boolean) => ({ source: { name: 'pirate' }, tuning: { workspace: 'first', follow } });
    await ground.world.apply(ground.serving('stays', adapter(false)), ground.serving('follows', adapter(true)));
    for (const name of ['stays', 'follows']) {
      const { status } = await ground.world.until(name, (workspace) => workspace.status?.state === 'Ready');
      expect(status?.tunedAdapters).to.deep.equal({ pirate: ground.world.workspace('first')?.status?.tuning?.image });
      expect(await answerOf(name)).to.match(/^Arr! /);
    }
  });

  it('is followed, when it is done again with other data, by the Workspace that wants to, and by no other', async () => {
    const before = ground.world.workspace('first')?.status?.tuning;
    const input = { urls: [`${ground.data.url}/ahoy.parquet?sig=s3cret`] };
    await ground.world.client.merge(WORKSPACES, 'default', 'first', { tuning: { input } });
    const { status } = await ground.world.until(
      'first',
      (workspace) => ended(workspace) && workspace.status?.tuning?.ended !== before?.ended,
    );
    const image = status?.tuning?.image;
    expect(image).to.be.a('string').and.not.to.equal(before?.image);
    await ground.world.until(
      'follows',
      (workspace) => workspace.status?.tunedAdapters?.pirate === image && workspace.status?.state === 'Ready',
    );
    // After thirty steps the greeting of the new data is half learned, and that of the old one is gone.
    expect(await answerOf('follows'))
      .to.match(/^A/)
      .and.not.to.match(/^Arr/);
    expect(ground.world.workspace('stays')?.status?.tunedAdapters).to.deep.equal({ pirate: before?.image });
    expect(await answerOf('stays')).to.match(/^Arr! /);
  });

  for (const [what, name, file, secret, reason, message] of [
    [
      'a push secret that the registry does not take',
      'no-push',
      'train.parquet',
      'wrong',
      'PushUnauthorized',
      /does not accept the credentials/,
    ],
    [
      'a file that was cut off',
      'cut',
      'cut.parquet',
      'push',
      'DataUnreadable',
      /cut\.parquet .* cannot be read as parquet.*Was it uploaded whole/,
    ],
    [
      'a file without the column',
      'columns',
      'columns.parquet',
      'push',
      'ColumnsMissing',
      /columns\.parquet has the columns conversation/,
    ],
    [
      'a file that is not there',
      'absent',
      'absent.parquet',
      'push',
      'DownloadRefused',
      /absent\.parquet was answered with 404/,
    ],
  ] as const) {
    it(`asks for no node because of ${what}, and says why`, async () => {
      const before = await ground.claims();
      await ground.world.apply(
        ground.tuning(name, file, { output: { image: ground.image(name), imagePushSecret: secret } }),
      );
      const workspace = await ground.world.until(name, refused);
      expect(conditionOf(workspace, 'DataChecked')).to.include({ status: 'False', reason });
      expect(conditionOf(workspace, 'DataChecked')?.message).to.match(message);
      expect(conditionOf(workspace, 'WorkspaceSucceeded')?.message).to.contain('No node was asked for');
      expect(await ground.claims()).to.equal(before);
      expect(JSON.stringify(workspace.status)).not.to.match(/s3cret|hunter/);
    });
  }
});
