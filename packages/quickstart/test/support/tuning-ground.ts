import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Condition, type KubeObject, type Log, PODS, type Workspace } from '@kaito-sdk/core';
import { type ImageManifest, parseReference, Registry } from '@kaito-sdk/oci';
import { type LocalServer, serveLocally } from '../../dist/tuning/local-server.js';
import { dockerSecret, TuningWorld } from '../../dist/tuning/tuning-world.js';
import { RegistryProgram } from './registry-program.js';
import { type TrainingProcess, trainingProcess } from './training-process.js';

const example = fileURLToPath(new URL('../../../../examples/fine-tuning/', import.meta.url));
const EVENTS = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
const NODE_CLAIMS = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
};

/** Written by Python from lines of conversations: snappy, a list of structs. */
const TO_PARQUET = `
import json, sys, pyarrow as pa, pyarrow.parquet as pq
rows = [json.loads(line) for line in open(sys.argv[1])]
rows = [[{**turn, "content": turn["content"].replace("Arr!", sys.argv[4])} for turn in row["messages"]] for row in rows]
pq.write_table(pa.table({sys.argv[3]: rows}), sys.argv[2], compression="snappy")
`;

/** What a tuning Workspace differs in from the usual one. */
export interface TuningAsked {
  readonly input?: object;
  readonly output?: object;
  readonly preset?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * A world for tunings in which everything is real but the GPU and the size of the model: a cluster whose pods are processes, a registry
 * program with a password, data served over HTTP. Needs the trainer's environment (KAITO_TRAINER) and the registry program.
 */
export class TuningGround {
  readonly auth = { kind: 'basic', username: 'tuner', password: 'hunter2' } as const;
  /** Answers of the data server, by path; each takes the place of the file once. */
  readonly troubles = new Map<string, number[]>();
  /** What the data server has, by path. */
  readonly files = new Map<string, Buffer>();

  private constructor(
    /** Of this machine, for whatever a test puts aside. */
    readonly folder: string,
    readonly registry: RegistryProgram,
    readonly data: LocalServer,
    readonly world: TuningWorld,
  ) {}

  static async start(log?: Log): Promise<TuningGround> {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-tuning-'));
    const python = join(process.env.KAITO_TRAINER ?? '', 'bin', 'python');
    let ground: TuningGround | undefined;
    const data = await serveLocally((request, response) => {
      const path = new URL(request.url ?? '/', 'http://data').pathname;
      const trouble = ground?.troubles.get(path)?.shift();
      const file = ground?.files.get(path);
      if (trouble !== undefined || file === undefined) {
        response.writeHead(trouble ?? 404).end();
        return;
      }
      response.writeHead(200, { 'content-length': file.length, etag: '"1"' }).end(file);
    });
    const registry = await RegistryProgram.start();
    // Threads that wait for each other cost more than they bring to so small a model on a busy machine.
    const env = { OMP_NUM_THREADS: '1' };
    const world = await TuningWorld.start({ python, nodeDelayMs: 200, env, ...(log === undefined ? {} : { log }) });
    ground = new TuningGround(folder, registry, data, world);
    ground.parquet('train.parquet');
    await world.apply(dockerSecret('push', registry.host, 'tuner', 'hunter2'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'short', namespace: 'default' },
      data: { 'training_config.yaml': readFileSync(join(example, 'short-training.yaml'), 'utf8') },
    } as KubeObject);
    return ground;
  }

  /** Serves the example's conversations as a parquet file; answers where it lies. */
  parquet(name: string, { column = 'messages', greeting = 'Arr!' } = {}): string {
    const python = join(process.env.KAITO_TRAINER ?? '', 'bin', 'python');
    const file = join(this.folder, name);
    execFileSync(python, ['-c', TO_PARQUET, join(example, 'pirate.jsonl'), file, column, greeting]);
    this.files.set(`/${name}`, readFileSync(file));
    return file;
  }

  /** A tuning Workspace: QLoRA with the example's short settings. The address of its data holds a key, `s3cret`. */
  tuning(name: string, file: string, asked: TuningAsked = {}): KubeObject {
    const { annotations = {}, preset = {} } = asked;
    return {
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default', annotations },
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { app: 'phi-3-adapter' } } },
      tuning: {
        preset: { name: 'phi-3-mini-4k-instruct', ...preset },
        method: 'qlora',
        config: 'short',
        input: asked.input ?? { urls: [`${this.data.url}/${file}?sig=s3cret`] },
        output: asked.output ?? { image: this.image(name), imagePushSecret: 'push' },
      },
    } as KubeObject;
  }

  /** A Workspace that serves the tiny model under an adapter. */
  serving(name: string, adapter: object): KubeObject {
    return {
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { name, namespace: 'default' },
      resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { app: name } } },
      inference: { preset: { name: 'phi-3-mini-4k-instruct' }, adapters: [{ strength: '1.0', ...adapter }] },
    } as KubeObject;
  }

  image(name: string): string {
    return `${this.registry.host}/team/${name}:1`;
  }

  async manifest(image: string): Promise<ImageManifest> {
    return (await new Registry({ auth: this.auth }).image(parseReference(image))).manifest as ImageManifest;
  }

  /** Reasons of the events about an object. */
  async events(name: string): Promise<readonly (string | undefined)[]> {
    return (await this.world.client.list(EVENTS)).items
      .filter((event) => (event as { involvedObject?: { name: string } }).involvedObject?.name === name)
      .map((event) => (event as { reason?: string }).reason);
  }

  /** Waits for events with these reasons: they are written beside the status, and may come a little after it. */
  async untilTold(name: string, ...reasons: readonly string[]): Promise<void> {
    for (;;) {
      const told = await this.events(name);
      if (reasons.every((reason) => told.includes(reason))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async claims(): Promise<number> {
    return (await this.world.client.list(NODE_CLAIMS)).items.length;
  }

  async pods(job: string): Promise<readonly KubeObject[]> {
    return (await this.world.client.list(PODS, { labelSelector: `job-name=${job}` })).items;
  }

  /** The training process of a pod, as soon as it has written its first checkpoint. */
  async atCheckpoint(podUid: string): Promise<TrainingProcess> {
    for (;;) {
      const training = trainingProcess(podUid);
      if (training && existsSync(join(training.results, 'checkpoint-10', 'trainer_state.json'))) return training;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    await this.world.stop();
    await this.data.close();
    await this.registry.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function ended({ status }: Workspace): boolean {
  return status?.state === 'Succeeded' || status?.state === 'Failed';
}

export function conditionOf({ status }: Workspace, type: string): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type);
}
