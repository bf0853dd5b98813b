import type { Plan, PlannedAdapter, PlannedAdapters } from '@kaito-sdk/core';
import type { LoaderDocument } from '../loader/document.js';
import type { PodParts } from '../workload/pod.js';
import { type AdapterOptions, loaderImage } from './adapter-options.js';

/** Where engines look for adapters, a folder each. KAITO's servers have it built in. */
export const ADAPTER_FOLDER = '/mnt/adapter';
const SOURCES = '/mnt/adapter-source';
const SECRETS = '/mnt/pull-secrets';

/** The init container that does the last step, whoever fetched the files. Its last words are read from the pod's status. */
export const LOADER_CONTAINER = 'adapter-loader';

/** What an engine does about adapters by itself. */
export interface AdapterEngine {
  /** It weighs this adapter itself, so that the strength must not be in it already. */
  weighs(adapter: PlannedAdapter): boolean;
  /** Name of all adapters together, for an engine that lays one over a request and not several. */
  readonly combined?: string;
}

/**
 * What adapters add to a pod: a volume for the engine, and before the engine a program of ours that fetches them (or takes what the
 * kubelet fetched), checks each against the model, and leaves it in the form that the engine reads.
 */
export function adapterPod(plan: Plan, engine: AdapterEngine, options: AdapterOptions): PodParts {
  const { adapters } = plan.engine;
  if (!adapters) return {};
  const { items } = adapters;
  const sources = items.map((item, index) => sourceOf(item, index));
  return {
    volumes: [{ name: 'adapter-volume', source: { emptyDir: {} }, mountPath: ADAPTER_FOLDER, readOnly: true }],
    podVolumes: sources.flatMap(({ volumes }) => volumes),
    initContainers: [
      ...items.flatMap((item, index) => (item.fetchedBy === 'image-shell' ? [copier(item, index)] : [])),
      {
        name: LOADER_CONTAINER,
        image: options.loaderImage ?? loaderImage(undefined),
        command: ['kaito-adapter-loader'],
        args: [JSON.stringify(document(adapters, engine))],
        securityContext: { allowPrivilegeEscalation: false },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'adapter-volume', mountPath: ADAPTER_FOLDER },
          ...sources.flatMap(({ mounts }) => mounts),
        ],
      },
    ],
    // The kubelet pulls the copier's and the volumes' images with the same secrets.
    pullSecrets: [
      ...new Set(items.flatMap(({ fetchedBy, pullSecrets = [] }) => (fetchedBy === 'loader' ? [] : pullSecrets))),
    ],
    ...identity(plan, options),
  };
}

/** What the loader is told. Its order is fixed, since a change of it rolls every pod. */
function document({ items, base, maxRank }: PlannedAdapters, engine: AdapterEngine): LoaderDocument {
  return {
    into: ADAPTER_FOLDER,
    model: base,
    ...(maxRank === undefined ? {} : { maxRank }),
    ...(engine.combined === undefined ? {} : { combined: engine.combined }),
    adapters: items.map((item, index) => ({
      name: item.name,
      ...(engine.weighs(item) ? {} : { strength: item.strength }),
      ...(item.image === undefined ? {} : { image: item.image }),
      ...(item.image !== undefined && item.fetchedBy === 'loader'
        ? { secrets: (item.pullSecrets ?? []).map((name) => ({ name, folder: `${SECRETS}/${index}/${name}` })) }
        : { folder: `${SOURCES}/${index}`, by: item.fetchedBy ?? 'volume' }),
    })),
  };
}

interface Source {
  readonly volumes: readonly { readonly name: string; readonly source: Readonly<Record<string, unknown>> }[];
  readonly mounts: readonly Readonly<Record<string, unknown>>[];
}

function sourceOf({ image, fetchedBy, pullSecrets = [], volume }: PlannedAdapter, index: number): Source {
  const name = `adapter-source-${index}`;
  const mounted = { name, mountPath: `${SOURCES}/${index}`, readOnly: true };
  if (volume) return { volumes: [{ name, source: volume }], mounts: [mounted] };
  if (fetchedBy === 'image-shell') return { volumes: [{ name, source: { emptyDir: {} } }], mounts: [mounted] };
  if (fetchedBy === 'image-volume') {
    return { volumes: [{ name, source: { image: { reference: image, pullPolicy: 'Always' } } }], mounts: [mounted] };
  }
  const secrets = pullSecrets.map((secretName, one) => ({
    name: `pull-secret-${index}-${one}`,
    source: { secret: { secretName } },
    mountPath: `${SECRETS}/${index}/${secretName}`,
  }));
  return {
    volumes: secrets.map(({ name, source }) => ({ name, source })),
    mounts: secrets.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
  };
}

/** KAITO v0.3's way: the adapter's image runs, and its own shell copies `/data`. */
function copier({ image }: PlannedAdapter, index: number): Readonly<Record<string, unknown>> {
  const folder = `${SOURCES}/${index}`;
  return {
    name: `adapter-${index}`,
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
  const skip = plan.workspace.name;
  return {
    serviceAccount,
    ...(podLabels === undefined ? {} : { podLabels }),
    podAnnotations: {
      'azure.workload.identity/skip-containers': skip,
      'eks.amazonaws.com/skip-containers': skip,
    },
  };
}
