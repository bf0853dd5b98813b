import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JOBS, type KubeObject, PODS, type Workspace } from '@kaito-sdk/core';
import { type ImageManifest, parseReference, pullFiles, Registry } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { ask } from '../dist/ask.js';
import { type LocalServer, serveLocally } from '../dist/tuning/local-server.js';
import { dockerSecret, TuningWorld } from '../dist/tuning/tuning-world.js';
import { RegistryProgram } from './support/registry-program.js';
import { trainingProcess } from './support/training-process.js';

const example = fileURLToPath(new URL('../../../examples/fine-tuning/', import.meta.url));
const EVENTS = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
const NODE_CLAIMS = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
};
const auth = { kind: 'basic', username: 'tuner', password: 'hunter2' } as const;

/** Written by Python from the example's lines: snappy, a list of structs. */
const TO_PARQUET = `
import json, sys, pyarrow as pa, pyarrow.parquet as pq
rows = [json.loads(line) for line in open(sys.argv[1])]
pq.write_table(pa.table({sys.argv[3]: [row["messages"] for row in rows]}), sys.argv[2], compression="snappy")
`;

/**
 * The whole way, with everything real but the GPU and the size of the model: the Workspace, the pods' programs, QLoRA on the processor, the
 * registry program. Needs the trainer's environment (KAITO_TRAINER) and the registry program.
 */
describe('tuning for real', function () {
  this.timeout(600_000);
  this.slow(60_000);
  const python = join(process.env.KAITO_TRAINER ?? '', 'bin', 'python');
  let folder: string;
  let registry: RegistryProgram;
  let data: LocalServer;
  let world: TuningWorld;
  /** Answers of the data server, by path; each takes the place of the file once. */
  const troubles = new Map<string, number[]>();
  const files = new Map<string, Buffer>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaito-tuning-'));
    const parquet = (name: string, column: string) => {
      execFileSync(python, ['-c', TO_PARQUET, join(example, 'pirate.jsonl'), join(folder, name), column]);
      files.set(`/${name}`, readFileSync(join(folder, name)));
    };
    parquet('train.parquet', 'messages');
    parquet('columns.parquet', 'conversation');
    files.set('/cut.parquet', (files.get('/train.parquet') as Buffer).subarray(0, -100));
    data = await serveLocally((request, response) => {
      const path = new URL(request.url ?? '/', 'http://data').pathname;
      const trouble = troubles.get(path)?.shift();
      const file = files.get(path);
      if (trouble !== undefined || file === undefined) {
        response.writeHead(trouble ?? 404).end();
        return;
      }
      response.writeHead(200, { 'content-length': file.length, etag: '"1"' }).end(file);
    });
    registry = await RegistryProgram.start();
    // Threads that wait for each other cost more than they bring to so small a model on a busy machine.
    world = await TuningWorld.start({ python, nodeDelayMs: 200, env: { OMP_NUM_THREADS: '1' } });
    await world.apply(
      dockerSecret('push', registry.host, 'tuner', 'hunter2'),
      dockerSecret('wrong', registry.host, 'tuner', 'hunter3'),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'short', namespace: 'default' },
        data: { 'training_config.yaml': readFileSync(join(example, 'short-training.yaml'), 'utf8') },
      } as KubeObject,
    );
  });

  after(async () => {
    await world?.stop();
    await data?.close();
    await registry?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const tuning = (name: string, file: string, secret = 'push'): KubeObject =>
    ({
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default' },
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { app: 'phi-3-adapter' } } },
      tuning: {
        preset: { name: 'phi-3-mini-4k-instruct' },
        method: 'qlora',
        config: 'short',
        input: { urls: [`${data.url}/${file}?sig=s3cret`] },
        output: { image: `${registry.host}/team/${name}:1`, imagePushSecret: secret },
      },
    }) as KubeObject;
  const ended = ({ status }: Workspace) => status?.state === 'Succeeded' || status?.state === 'Failed';
  const condition = ({ status }: Workspace, type: string) => status?.conditions?.find((one) => one.type === type);
  const refused = (workspace: Workspace) => condition(workspace, 'DataChecked')?.status === 'False';
  const events = async (name: string) =>
    (await world.client.list(EVENTS)).items
      .filter((event) => (event as { involvedObject?: { name: string } }).involvedObject?.name === name)
      .map((event) => (event as { reason?: string }).reason);
  /** The training process of a pod, as soon as it has written its first checkpoint. */
  const atCheckpoint = async (podUid: string): Promise<number> => {
    for (;;) {
      const training = trainingProcess(podUid);
      if (training && existsSync(join(training.results, 'checkpoint-10', 'trainer_state.json'))) return training.pid;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const claims = async () => (await world.client.list(NODE_CLAIMS)).items.length;
  const manifestOf = async (image: string) =>
    (await new Registry({ auth }).image(parseReference(image))).manifest as ImageManifest;
  let layerSize: number | undefined;

  it('fetches a file that fails twice, trains on it, pushes the adapter, and gives the node back', async () => {
    troubles.set('/train.parquet', [503, 500]);
    await world.apply(tuning('first', 'train.parquet'));
    const { status } = await world.until('first', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' });
    const image = status?.tuning?.image ?? '';
    expect(image).to.match(new RegExp(`^${registry.host}/team/first@sha256:[0-9a-f]{64}$`));
    const manifest = await manifestOf(image);
    layerSize = manifest.layers[0]?.size;
    expect(manifest.annotations).to.include({
      'sh.kaito.model.name': 'phi-3-mini-4k-instruct',
      'dev.kaito-sdk.base-model': 'microsoft/Phi-3-mini-4k-instruct',
      'dev.kaito-sdk.method': 'qlora',
      'dev.kaito-sdk.lora-rank': '8',
    });
    expect(JSON.parse(manifest.annotations?.['dev.kaito-sdk.datasets'] ?? '')).to.have.nested.property('[0].rows', 347);
    await pullFiles(image, { path: 'data', into: join(folder, 'adapter'), auth });
    const config = JSON.parse(readFileSync(join(folder, 'adapter', 'adapter_config.json'), 'utf8'));
    expect(config).to.deep.include({
      base_model_name_or_path: 'microsoft/Phi-3-mini-4k-instruct',
      target_modules: ['down_proj', 'gate_up_proj', 'o_proj', 'qkv_proj'],
    });
    await world.until('first', (workspace) => condition(workspace, 'ResourceReady')?.reason === 'NodesReleased');
    expect(await events('first')).to.include.members(['TuningAdapted', 'TuningSucceeded', 'NodeClaimReleased']);
  });

  it('says nowhere what the key in the address or the password is', async () => {
    const { items: pods } = await world.client.list(PODS);
    const { items: jobs } = await world.client.list(JOBS);
    const told = JSON.stringify([world.workspace('first')?.status, pods, jobs, await events('first')]);
    expect(told).not.to.contain('s3cret');
    expect(told).not.to.contain('hunter2');
  });

  it('goes on from its checkpoint when it is killed, and pushes the adapter when the registry is back', async () => {
    await world.apply(tuning('killed', 'train.parquet'));
    await world.until('killed', ({ status }) => status?.state === 'Running');
    const [pod] = (await world.client.list(PODS, { labelSelector: 'job-name=killed' })).items;
    process.kill(await atCheckpoint(pod?.metadata.uid ?? ''), 'SIGKILL');
    await registry.down();
    await world.until('killed', (workspace) =>
      /cannot be pushed/.test(condition(workspace, 'JobStarted')?.message ?? ''),
    );
    expect(await events('killed')).to.include.members(['TuningInterrupted', 'TuningResumed']);
    await registry.up();
    const { status } = await world.until('killed', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' });
    // One pod did all of it: nothing was trained twice.
    expect(
      (await world.client.list(PODS, { labelSelector: 'job-name=killed' })).items.map(({ metadata }) => metadata.uid),
    )
      .to.be.an('array')
      .that.satisfies((uids: string[]) => uids.every((uid) => uid === pod?.metadata.uid));
    // An adapter of the same shape. Byte for byte the same it is without quantization only (trainer/tests).
    expect((await manifestOf(status?.tuning?.image ?? '')).layers[0]?.size).to.equal(layerSize);
  });

  it('is served by a Workspace that names the tuning, and answers as it was tuned', async () => {
    await world.apply({
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { name: 'serve', namespace: 'default' },
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { app: 'serve' } } },
      inference: {
        preset: { name: 'phi-3-mini-4k-instruct' },
        adapters: [{ source: { name: 'pirate' }, tuning: { workspace: 'first' }, strength: '1.0' }],
      },
    } as KubeObject);
    const workspace = await world.until('serve', ({ status }) => status?.state === 'Ready');
    expect(workspace.status?.tunedAdapters).to.deep.equal({ pirate: world.workspace('first')?.status?.tuning?.image });
    const { metadata } = workspace as unknown as KubeObject;
    const answer = await ask(world.cluster.transport, { metadata } as KubeObject, 'What is a pod?');
    expect(answer).to.match(/^Arr! /);
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
      const before = await claims();
      await world.apply(tuning(name, file, secret));
      const workspace = await world.until(name, refused);
      expect(condition(workspace, 'DataChecked')).to.include({ status: 'False', reason });
      expect(condition(workspace, 'DataChecked')?.message).to.match(message);
      expect(condition(workspace, 'WorkspaceSucceeded')?.message).to.contain('No node was asked for');
      expect(await claims()).to.equal(before);
      expect(JSON.stringify(workspace.status)).not.to.match(/s3cret|hunter/);
    });
  }
});
