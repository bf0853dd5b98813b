import type { AdapterSpec, Workspace } from '../api/workspace.js';
import type { ObjectKey } from '../engine/object-key.js';
import { blocked, done, type Outcome, waiting } from '../engine/outcome.js';
import type { Informer } from '../kube/informer.js';
import type { KubeObject } from '../kube/objects.js';
import type { Phase, WorkspaceContext } from './workspace-context.js';

/**
 * Adapters that tuning Workspaces make: waits for the first image, and puts it, with its digest, in the place of the reference, so that
 * everything after this phase sees an image like any other. What is served stays when the tuning is done again, unless the user wants to
 * follow it.
 */
export const findAdapters: Phase = async (context) => {
  const { workspace, status } = context;
  const { inference } = workspace;
  const adapters = inference?.adapters ?? [];
  const images: Record<string, string> = {};
  const found: AdapterSpec[] = [];
  for (const adapter of adapters) {
    const { tuning, ...plain } = adapter;
    if (tuning === undefined) {
      found.push(adapter);
      continue;
    }
    const name = adapter.source?.name ?? '';
    const maker = context.another(tuning.workspace);
    const latest = maker?.status?.tuning?.image;
    const known = status.tunedAdapters[name];
    const image = tuning.follow === true ? (latest ?? known) : (known ?? latest);
    if (image === undefined) return waitFor(context, name, tuning.workspace, maker);
    images[name] = image;
    // Who may push an image may pull it.
    const push = maker?.tuning?.output?.imagePushSecret;
    const secrets = adapter.source?.imagePullSecrets ?? (push === undefined ? undefined : [push]);
    found.push({ ...plain, source: { ...plain.source, image, ...(secrets ? { imagePullSecrets: secrets } : {}) } });
  }
  status.tuneAdapters(images);
  if (inference !== undefined && Object.keys(images).length > 0) {
    context.workspace = { ...workspace, inference: { ...inference, adapters: found } };
  }
  return done;
};

function waitFor({ owner }: WorkspaceContext, adapter: string, name: string, maker: Workspace | undefined): Outcome {
  const what = `adapter ${adapter} is made by Workspace ${name}`;
  if (maker === undefined) {
    return waiting('TuningMissing', `${what}, and there is none of that name in the namespace ${owner.namespace}`);
  }
  if (maker.tuning === undefined) return blocked('AdapterSourceInvalid', `${what}, which tunes nothing`);
  if (maker.tuning.output?.image === undefined) {
    return blocked(
      'AdapterSourceInvalid',
      `${what}, which keeps its result in a volume: name that in source.volumeSource`,
    );
  }
  const { state, tuning } = maker.status ?? {};
  if (state === 'Failed')
    return waiting('TuningFailed', `${what}, whose tuning failed: ${tuning?.message ?? tuning?.reason ?? ''}`);
  const progress = maker.status?.conditions?.find(({ type }) => type === 'JobStarted')?.message;
  return waiting('TuningNotDone', `${what}, which is not done${progress === undefined ? '' : `: ${progress}`}`);
}

/** Name of an index: Workspaces by the tuning Workspaces that make their adapters. */
export const ADAPTERS_OF = 'kaito-sdk/adapters-of';

/** For {@link ADAPTERS_OF}. */
export function adapterSources(object: KubeObject): readonly string[] {
  const { metadata, inference } = object as unknown as Workspace;
  const adapters = Array.isArray(inference?.adapters) ? inference.adapters : [];
  return adapters.flatMap(({ tuning }) => (tuning?.workspace ? [`${metadata.namespace}/${tuning.workspace}`] : []));
}

/** Who waits for what a tuning Workspace makes. */
export function servedBy(workspaces: Informer, { metadata, tuning }: KubeObject): readonly ObjectKey[] {
  if (tuning === undefined) return [];
  return workspaces
    .byIndex(ADAPTERS_OF, `${metadata.namespace}/${metadata.name}`)
    .map((one) => ({ namespace: one.metadata.namespace ?? '', name: one.metadata.name }));
}
