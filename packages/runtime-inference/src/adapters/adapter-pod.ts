import type { KubeObject, Plan, PlannedAdapter, PlannedAdapters } from '@kaito-sdk/core';
import type { LoaderDocument } from '../loader/document.js';
import { workspaceLabels } from '../workload/labels.js';
import type { PodParts } from '../workload/pod.js';
import { type AdapterOptions, loaderImage } from './adapter-options.js';

/** Where engines look for adapters, a folder each. KAITO's servers have it built in. */
export const ADAPTER_FOLDER = '/mnt/adapter';
const SOURCES = '/mnt/adapter-source';
const SECRETS = '/mnt/pull-secrets';

/** The init container that does the last step, whoever fetched the files. Its last words are read from the pod's status. */
export const LOADER_CONTAINER = 'adapter-loader';

/** The container that brings other adapters to the running engine, over the loopback of the pod. */
export const SIDECAR = 'adapter-sidecar';
const DOCUMENT_FOLDER = '/mnt/adapter-document';
const DOCUMENT = 'adapters.json';

/** What an engine does about adapters by itself. */
export interface AdapterEngine {
  /** It weighs this adapter itself, so that the strength must not be in it already. */
  weighs(adapter: PlannedAdapter): boolean;
  /** Name of all adapters together, for an engine that lays one over a request and not several. */
  readonly combined?: string;
  /** How many it keeps at once. Absent: any number. */
  readonly slots?: number;
  /** Its port, where it takes other adapters while it runs. */
  readonly port?: number;
}

/**
 * The document of adapters that are exchanged under the engine. It lies beside the pods and not in their template: a change of it makes no new
 * ones. Nothing where adapters come with the pods.
 */
export function adapterObjects(plan: Plan, engine: AdapterEngine): readonly KubeObject[] {
  const { adapters } = plan.engine;
  if (!adapters?.live) return [];
  const { namespace } = plan.workspace;
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: documentName(plan), namespace, labels: workspaceLabels(plan) },
      data: { [DOCUMENT]: documentText(adapters, engine) },
    },
  ];
}

function documentName({ workspace }: Plan): string {
  return `${workspace.name}-adapters`;
}

/** By its bytes operator and pods agree about what is wanted. */
export function documentText(adapters: PlannedAdapters, engine: AdapterEngine): string {
  return JSON.stringify(document(adapters, engine));
}

/**
 * What adapters add to a pod: a volume for the engine, and before the engine a program of ours that fetches them (or takes what the
 * kubelet fetched), checks each against the model, and leaves it in the form that the engine reads.
 */
export function adapterPod(plan: Plan, engine: AdapterEngine, options: AdapterOptions): PodParts {
  const { adapters } = plan.engine;
  if (!adapters) return {};
  const { items, live = false } = adapters;
  const sources = [...items.map((item, index) => sourceOf(item, index)), secretsOf(items)];
  const image = options.loaderImage ?? loaderImage(undefined);
  const told = live ? ['--document', `${DOCUMENT_FOLDER}/${DOCUMENT}`] : [JSON.stringify(document(adapters, engine))];
  const loader = {
    image,
    command: ['kaito-adapter-loader'],
    securityContext: { allowPrivilegeEscalation: false },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'adapter-volume', mountPath: ADAPTER_FOLDER },
      ...(live ? [{ name: 'adapter-document', mountPath: DOCUMENT_FOLDER, readOnly: true }] : []),
      ...sources.flatMap(({ mounts }) => mounts),
    ],
  };
  return {
    volumes: [{ name: 'adapter-volume', source: { emptyDir: {} }, mountPath: ADAPTER_FOLDER, readOnly: true }],
    podVolumes: [
      ...(live ? [{ name: 'adapter-document', source: { configMap: { name: documentName(plan) } } }] : []),
      ...sources.flatMap(({ volumes }) => volumes),
    ],
    initContainers: [
      ...items.flatMap((item, index) => (item.fetchedBy === 'image-shell' ? [copier(item, index)] : [])),
      { name: LOADER_CONTAINER, ...loader, args: told },
    ],
    ...(live
      ? { sidecars: [{ name: SIDECAR, ...loader, args: [...told, '--engine', `http://127.0.0.1:${engine.port}`] }] }
      : {}),
    // The kubelet pulls the copier's and the volumes' images with the same secrets.
    pullSecrets: [
      ...new Set(items.flatMap(({ fetchedBy, pullSecrets = [] }) => (fetchedBy === 'loader' ? [] : pullSecrets))),
    ],
    ...identity(plan, options),
  };
}

/** What the loader is told. Its order is fixed, since a change of it rolls every pod. */
function document({ items, base, maxRank, live }: PlannedAdapters, engine: AdapterEngine): LoaderDocument {
  return {
    into: ADAPTER_FOLDER,
    model: base,
    ...(maxRank === undefined ? {} : { maxRank }),
    ...(live && engine.slots !== undefined ? { slots: engine.slots } : {}),
    ...(engine.combined === undefined ? {} : { combined: engine.combined }),
    adapters: items.map((item, index) => ({
      name: item.name,
      ...(engine.weighs(item) ? {} : { strength: item.strength }),
      ...(item.image === undefined ? {} : { image: item.image }),
      ...(item.image !== undefined && item.fetchedBy === 'loader'
        ? { secrets: (item.pullSecrets ?? []).map((name) => ({ name, folder: `${SECRETS}/${name}` })) }
        : { folder: `${SOURCES}/${index}`, by: item.fetchedBy ?? 'volume' }),
    })),
  };
}

interface Source {
  readonly volumes: readonly { readonly name: string; readonly source: Readonly<Record<string, unknown>> }[];
  readonly mounts: readonly Readonly<Record<string, unknown>>[];
}

function sourceOf({ image, fetchedBy, volume }: PlannedAdapter, index: number): Source {
  const name = `adapter-source-${index}`;
  const mounted = { name, mountPath: `${SOURCES}/${index}`, readOnly: true };
  if (volume) return { volumes: [{ name, source: volume }], mounts: [mounted] };
  if (fetchedBy === 'image-shell') return { volumes: [{ name, source: { emptyDir: {} } }], mounts: [mounted] };
  if (fetchedBy === 'image-volume') {
    return { volumes: [{ name, source: { image: { reference: image, pullPolicy: 'Always' } } }], mounts: [mounted] };
  }
  return { volumes: [], mounts: [] };
}

/** Each secret once, in an order of its own: another adapter that comes with the same ones changes nothing about the pods. */
function secretsOf(items: readonly PlannedAdapter[]): Source {
  const names = new Set(
    items.flatMap(({ fetchedBy, pullSecrets = [] }) => (fetchedBy === 'loader' ? pullSecrets : [])),
  );
  const secrets = [...names].sort().map((secretName, index) => ({ name: `pull-secret-${index}`, secretName }));
  return {
    volumes: secrets.map(({ name, secretName }) => ({ name, source: { secret: { secretName } } })),
    mounts: secrets.map(({ name, secretName }) => ({ name, mountPath: `${SECRETS}/${secretName}`, readOnly: true })),
  };
}

const copierName = (index: number) => `adapter-${index}`;

/** KAITO v0.3's way: the adapter's image runs, and its own shell copies `/data`. */
function copier({ image }: PlannedAdapter, index: number): Readonly<Record<string, unknown>> {
  const folder = `${SOURCES}/${index}`;
  return {
    name: copierName(index),
    image,
    imagePullPolicy: 'Always',
    command: ['/bin/sh', '-c', `cp -R /data/. ${folder}/`],
    securityContext: { allowPrivilegeEscalation: false },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: `adapter-source-${index}`, mountPath: folder }],
  };
}

/** An identity of the cloud, for the loader alone: the engine runs code that came with a model. */
function identity(plan: Plan, { serviceAccount, podLabels }: AdapterOptions): PodParts {
  const pulls = plan.engine.adapters?.items.some(({ fetchedBy }) => fetchedBy === 'loader') ?? false;
  if (!pulls || serviceAccount === undefined) return {};
  // Neither for the images whose own shell copies their files: a stranger built them.
  const copiers = plan.engine.adapters?.items.flatMap(({ fetchedBy }, index) =>
    fetchedBy === 'image-shell' ? [copierName(index)] : [],
  );
  const skip = [plan.workspace.name, ...(copiers ?? [])];
  return {
    serviceAccount,
    ...(podLabels === undefined ? {} : { podLabels }),
    podAnnotations: {
      'azure.workload.identity/skip-containers': skip.join(';'),
      'eks.amazonaws.com/skip-containers': skip.join(','),
    },
  };
}
