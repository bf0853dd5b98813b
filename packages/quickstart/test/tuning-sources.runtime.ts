import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  JOBS,
  jsonLog,
  type KubeObject,
  NODES,
  PODS,
  type ResourceKind,
  systemClock,
  WORKSPACES,
} from '@kaito-sdk/core';
import { pushImage } from '@kaito-sdk/oci';
import { expect } from 'chai';
import { ask } from '../dist/ask.js';
import { conditionOf, ended, TuningGround } from './support/tuning-ground.js';

const kind = (kindName: string, plural: string, group = ''): ResourceKind => ({
  group,
  version: 'v1',
  plural,
  kind: kindName,
  namespaced: true,
});
const CLAIMS = kind('PersistentVolumeClaim', 'persistentvolumeclaims');
const EVENTS = kind('Event', 'events');

/** What nobody may find anywhere but where it was put. */
const PLANTED = {
  'the password of the registry': 'hunter2',
  'the same, as a client sends it': Buffer.from('tuner:hunter2').toString('base64'),
  'the token of the hub': 'hf_planted',
  'the key in an address': 's3cret',
} as const;

/** Data from an image and from a volume, results into a volume: with the same real programs as in `tuning.runtime.ts`. */
describe('tuning from and into other places', function () {
  this.timeout(600_000);
  this.slow(60_000);
  let ground: TuningGround;
  const operatorLog: string[] = [];
  const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  /** Digest of the image that was trained without a break. */
  let whole: string | undefined;

  before(async () => {
    const log = jsonLog({ clock: systemClock, level: 'debug', write: (line) => void operatorLog.push(line) });
    ground = await TuningGround.start(log);
    const claim = (name: string) =>
      ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace: 'default' },
        spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
      }) as KubeObject;
    await ground.world.apply(claim('data'), claim('checkpoints'), claim('results'), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hub', namespace: 'default' },
      data: { HF_TOKEN: Buffer.from('hf_planted').toString('base64') },
    } as KubeObject);
  });
  after(() => ground?.stop());

  it('takes its data from an image behind a password, and keeps the node where an annotation says so', async () => {
    const data = ground.image('data');
    const from = { file: join(ground.folder, 'train.parquet') };
    await pushImage({ ref: data, files: [{ path: 'data/train.parquet', from }], auth: ground.auth });
    await ground.world.apply(
      ground.tuning('from-image', '', {
        input: { image: data, imagePullSecrets: ['push'] },
        preset: { presetOptions: { modelAccessSecret: 'hub' } },
        annotations: { 'kaito-sdk.dev/keep-nodes': 'true' },
      }),
    );
    const workspace = await ground.world.until('from-image', ended);
    expect(conditionOf(workspace, 'DataChecked')?.message).to.equal('1 file with 347 rows of messages');
    const { tuning } = workspace.status ?? {};
    expect(tuning).to.include({ outcome: 'Succeeded' });
    const datasets = (await ground.manifest(tuning?.image ?? '')).annotations?.['dev.kaito-sdk.datasets'] ?? '';
    expect(JSON.parse(datasets)).to.deep.equal([{ name: 'train.parquet', sha256: sha256(from.file), rows: 347 }]);
    whole = tuning?.image?.split('@')[1];
    expect(await ground.claims()).to.equal(1);
    expect(await ground.pods('from-image')).to.have.length(1);
  });

  it('shows its credentials nowhere: no log, object, event, argument or line of the operator has them', async () => {
    // One more that is told of in all ways: its address holds a key, and its push is refused.
    await ground.world.apply(ground.tuning('refused', 'absent.parquet'));
    await ground.world.until('refused', (workspace) => conditionOf(workspace, 'DataChecked')?.status === 'False');
    const { client } = ground.world;
    const texts = new Map<string, string>([['the log of the operator', operatorLog.join('\n')]]);
    for (const one of [PODS, JOBS, EVENTS, NODES, CLAIMS]) {
      texts.set(`the ${one.plural}`, JSON.stringify((await client.list(one)).items));
    }
    for (const object of (await client.list(WORKSPACES)).items) {
      texts.set(`the status of Workspace ${object.metadata.name}`, JSON.stringify([object.metadata, object.status]));
    }
    let logs = 0;
    for (const pod of (await client.list(PODS)).items) {
      const { initContainers = [], containers } = pod.spec as Record<string, readonly { readonly name: string }[]>;
      for (const { name } of [...initContainers, ...(containers ?? [])]) {
        const path = `/api/v1/namespaces/default/pods/${pod.metadata.name}/log?container=${name}`;
        const response = await ground.world.cluster.transport.request({ method: 'GET', path });
        let text = '';
        for await (const piece of response.body) text += Buffer.from(piece).toString();
        texts.set(`the log of ${pod.metadata.name}/${name}`, text);
        if (text.length > 0) logs++;
      }
    }
    // Data, weights, trainer and pusher of the one that ran, and what looked at the data of both.
    expect(logs).to.be.at.least(4);
    expect(operatorLog.length).to.be.greaterThan(0);
    for (const [place, text] of texts) {
      for (const [what, secret] of Object.entries(PLANTED)) expect(text, `${what} in ${place}`).not.to.contain(secret);
    }
    // Where the user wrote the address it stands, and in the task of the programs; what else there is has nothing either.
    const { 'the key in an address': _, ...others } = PLANTED;
    for (const one of [WORKSPACES, CONFIG_MAPS, CONTROLLER_REVISIONS]) {
      const text = JSON.stringify((await client.list(one)).items);
      for (const [what, secret] of Object.entries(others))
        expect(text, `${what} in ${one.plural}`).not.to.contain(secret);
    }
    expect(processes()).to.deep.equal([]);
  });

  const volume = (claimName: string) => ({ volumeSource: { persistentVolumeClaim: { claimName } } });

  it('takes its data from a volume, and goes on from the checkpoints in another one when its pod is evicted', async () => {
    await fill('data');
    const annotations = { 'kaito-sdk.dev/checkpoints': 'checkpoints' };
    await ground.world.apply(ground.tuning('evicted', '', { input: volume('data'), annotations }));
    await ground.world.until('evicted', ({ status }) => status?.state === 'Running');
    const [pod] = await ground.pods('evicted');
    await ground.atCheckpoint(pod?.metadata.uid ?? '');
    await evict(pod?.metadata.name ?? '');
    const { status } = await ground.world.until('evicted', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' });
    await ground.untilTold('evicted', 'TuningResumed', 'TuningSucceeded');
    // As if nothing had happened: data and settings are the same, and so is the image with all that it says of itself.
    expect(status?.tuning?.image?.split('@')[1]).to.equal(whole);
  });

  it('leaves its adapter in a volume', async () => {
    await ground.world.apply(ground.tuning('into-volume', '', { input: volume('data'), output: volume('results') }));
    const { status } = await ground.world.until('into-volume', ended);
    expect(status?.tuning).to.include({ outcome: 'Succeeded' }).and.not.to.have.property('image');
  });

  it('has its adapter served from that volume', async () => {
    const source = { name: 'pirate', ...volume('results') };
    await ground.world.apply(ground.serving('from-results', { source }));
    const workspace = await ground.world.until('from-results', ({ status }) => status?.state === 'Ready');
    const { metadata } = workspace as unknown as KubeObject;
    const answer = await ask(ground.world.cluster.transport, { metadata } as KubeObject, 'What is a pod?');
    expect(answer).to.match(/^Arr! /);
  });

  /** Puts the data into a volume, by a pod with the program that fetches them. */
  async function fill(claimName: string): Promise<void> {
    const task = {
      input: { urls: [`${ground.data.url}/train.parquet`] },
      method: 'qlora',
      model: { preset: 'phi-3-mini-4k-instruct', repository: 'microsoft/Phi-3-mini-4k-instruct' },
      privateDataUrls: true,
      plainHttpRegistries: false,
    };
    const volumes = {
      task: { mountPath: '/mnt/kaito', source: { configMap: { name: 'fill' } } },
      config: { mountPath: '/mnt/config', source: { configMap: { name: 'short' } } },
      data: { mountPath: '/mnt/data', source: { persistentVolumeClaim: { claimName } } },
      results: { mountPath: '/mnt/results', source: { emptyDir: {} } },
    };
    const entries = Object.entries(volumes);
    await ground.world.apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'fill', namespace: 'default' },
        data: { 'task.json': JSON.stringify(task) },
      } as KubeObject,
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'fill', namespace: 'default' },
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'fill',
              image: 'ghcr.io/kaito-sdk/tuning-tools:0.1.0',
              command: ['kaito-tuning', 'fetch'],
              volumeMounts: entries.map(([name, { mountPath }]) => ({ name, mountPath })),
            },
          ],
          volumes: entries.map(([name, { source }]) => ({ name, ...source })),
        },
      } as KubeObject,
    );
    for (;;) {
      const pod = await ground.world.client.get(PODS, 'default', 'fill');
      const { phase } = (pod?.status ?? {}) as { readonly phase?: string };
      if (phase === 'Succeeded') return;
      if (phase === 'Failed') throw new Error(`the volume was not filled: ${JSON.stringify(pod?.status)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function evict(name: string): Promise<void> {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } };
    const response = await ground.world.cluster.transport.request({
      method: 'POST',
      path: `/api/v1/namespaces/default/pods/${name}/eviction`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(eviction),
    });
    for await (const _ of response.body);
    expect(response.status).to.equal(201);
  }

  /** Running programs of pods whose command line shows something planted. */
  function processes(): readonly string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => {
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        } catch {
          return '';
        }
      })
      .filter((command) => /kaito_trainer|kaito-tuning|programs\/main\.js/.test(command))
      .filter((command) => Object.values(PLANTED).some((secret) => command.includes(secret)));
  }
});
