import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KubeObject, WORKSPACES, type Workspace } from '@kaito-sdk/core';
import { FakeRegistry, serveRegistry } from '@kaito-sdk/oci/testing';
import { parseAllDocuments } from 'yaml';
import { ask } from '../ask.js';
import type { TimelineSink } from '../timeline.js';
import { serveLocally } from './local-server.js';
import { dockerSecret, TuningWorld } from './tuning-world.js';

export interface DemoProps {
  /** The Python of the trainer's environment. */
  readonly python: string;
  readonly timeline: TimelineSink;
  /** Milliseconds since the start. */
  readonly elapsed: () => number;
}

/** What the demonstration came to. */
export interface DemoResult {
  readonly question: string;
  readonly before: string;
  readonly after: string;
  readonly image: string;
}

const QUESTION = 'What is a pod?';
const examples = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', 'examples', 'fine-tuning');

/**
 * From a file of conversations to an answer that is different: the base model answers, an adapter is trained and pushed into a registry in
 * memory, and served by a Workspace that names the one that made it.
 */
export async function tuningDemo({ python, timeline, elapsed }: DemoProps): Promise<DemoResult> {
  const say = (what: string, detail: string, tone: 'progress' | 'done' = 'progress') =>
    timeline.add({ atMs: elapsed(), what, detail, tone });
  const closers: (() => Promise<void>)[] = [];
  try {
    const registry = new FakeRegistry();
    registry.login = { kind: 'basic', username: 'tuner', password: 'hunter2' };
    const served = await serveRegistry(registry);
    closers.push(() => served.close());
    const lines = readFileSync(join(examples, 'pirate.jsonl'));
    const data = await serveLocally((_request, response) => void response.end(lines));
    closers.push(() => data.close());
    // Threads that wait for each other cost more than they bring to so small a model.
    const world = await TuningWorld.start({ python, nodeDelayMs: 1000, env: { OMP_NUM_THREADS: '1' } });
    closers.push(() => world.stop());
    say('cluster up', 'API server, simulated GPU cloud, model hub, registry with a password');
    let told = '';
    world.operator.cache.informer(WORKSPACES).subscribe(({ object }) => {
      if (object.metadata.name !== 'tune') return;
      const now = condition((object as unknown as Workspace).status, 'WorkspaceReady')?.message ?? '';
      timeline.waiting(now);
      if (now.startsWith('step ') && now !== told) say('training', now);
      told = now;
    });
    await world.apply(dockerSecret('push', served.host, 'tuner', 'hunter2'), settings());

    await world.apply(base());
    const plain = await world.until('base', ({ status }) => status?.state === 'Ready');
    const before = await ask(world.cluster.transport, plain as unknown as KubeObject, QUESTION);
    say('base model', `${QUESTION} ${before}`);

    await world.apply(...example(data.url, served.host));
    say('applied', 'Workspace tune, and Workspace tuned, which waits for it');
    await world.until('tune', ({ status }) => condition(status, 'DataChecked')?.status === 'True');
    say('data checked', condition(world.workspace('tune')?.status, 'DataChecked')?.message ?? '');
    await world.until('tune', ({ status }) => status?.state === 'Running');
    say('training', 'QLoRA of all linear layers, on the processor');
    const ended = await world.until(
      'tune',
      ({ status }) => status?.state === 'Succeeded' || status?.state === 'Failed',
    );
    const { image, message = '' } = ended.status?.tuning ?? {};
    if (image === undefined) throw new Error(`the tuning failed: ${message}`);
    say('pushed', image);
    const tuned = await world.until('tuned', ({ status }) => status?.state === 'Ready');
    const after = await ask(world.cluster.transport, tuned as unknown as KubeObject, QUESTION);
    say('tuned model', `${QUESTION} ${after}`, 'done');
    return { question: QUESTION, before, after, image };
  } finally {
    timeline.close();
    for (const close of closers.reverse()) await close();
  }
}

function condition(status: Workspace['status'], type: string) {
  return status?.conditions?.find((one) => one.type === type);
}

function settings(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'short', namespace: 'default' },
    data: { 'training_config.yaml': readFileSync(join(examples, 'short-training.yaml'), 'utf8') },
  } as KubeObject;
}

/** The Workspaces of the example: the one that tunes, and the one that serves what came of it. */
function example(dataUrl: string, registry: string): readonly KubeObject[] {
  const text = readFileSync(join(examples, 'local.yaml'), 'utf8')
    .replaceAll('DATA_URL_HERE', dataUrl)
    .replaceAll('REGISTRY_HERE', registry);
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as KubeObject;
    return { ...object, metadata: { namespace: 'default', ...object.metadata } };
  });
}

/** The model as it is, to compare with. */
function base(): KubeObject {
  return {
    apiVersion: 'kaito.sh/v1alpha1',
    kind: 'Workspace',
    metadata: { name: 'base', namespace: 'default' },
    resource: { instanceType: 'Standard_NC6s_v3', labelSelector: { matchLabels: { app: 'base' } } },
    inference: { preset: { name: 'phi-3-mini-4k-instruct' } },
  } as KubeObject;
}
