import {
  type KubeObject,
  type LiveAdapters,
  type LiveAdaptersReport,
  jsonList as list,
  jsonObject as object,
  type Plan,
  type ProgressReport,
  jsonString as string,
  type Workspace,
} from '@kaito-sdk/core';
import { REASONS } from '../assess/loader-finding.js';
import { fingerprintOf } from '../loader/fingerprint.js';
import type { SidecarWords } from '../loader/sidecar.js';
import type { AdapterOptions } from './adapter-options.js';
import { type AdapterEngine, documentText, LOADER_CONTAINER, SIDECAR } from './adapter-pod.js';

/** A single adapter wider than this takes less from the engine's memory by a restart than by a second slot. */
const WIDEST_SINGLE = 64;

/**
 * Whether adapters of a Workspace can be exchanged under its engine: on one node, where new pods would mean an outage (several are replaced one by
 * one), and unless that very engine has refused it before. What answers `/chat` is then a slot of its own, whose name stays.
 */
export function exchangesLive(
  workspace: Workspace,
  {
    nodes,
    image,
    rank,
    adapters,
  }: { readonly nodes: number; readonly image: string; readonly rank: number; readonly adapters: number },
  { live = true }: AdapterOptions,
): boolean {
  const cheap = adapters > 1 || rank <= WIDEST_SINGLE;
  return live && nodes === 1 && cheap && workspace.status?.liveAdapters?.refusedBy !== image;
}

/** The contract's part about them, for an engine. */
export function liveAdapters(engine: (plan: Plan) => AdapterEngine): LiveAdapters {
  return {
    wanted: (plan) =>
      plan.engine.adapters?.live ? fingerprintOf(documentText(plan.engine.adapters, engine(plan))) : undefined,
    began: documentOf,
  };
}

/** The fingerprint of the document that the loader of a pod began with. */
export function documentOf({ status }: KubeObject): string | undefined {
  const loader = list(object(status).initContainerStatuses).find(({ name }) => name === LOADER_CONTAINER);
  const { exitCode, message } = object(object(loader?.state).terminated);
  if (exitCode !== 0) return undefined;
  return string(object(parsed(string(message) ?? '')).document);
}

/** What a line of the sidecar says. */
export function readSidecar(line: string): ProgressReport | undefined {
  const words = object(object(parsed(line)).kaitoAdapters) as Partial<SidecarWords['kaitoAdapters']>;
  const { document: fingerprint, adapters = [], failed } = words;
  if (fingerprint === undefined) return undefined;
  const served = adapters.map(({ name, by, digest }) => ({
    name,
    fetchedBy: by,
    ...(digest === undefined ? {} : { digest }),
  }));
  if (failed === undefined) return { message: 'the adapters are served', adapters: { fingerprint, adapters: served } };
  const { code, adapter, message } = failed;
  const about = adapter === undefined ? message : `adapter ${adapter}: ${message}`;
  const report: LiveAdaptersReport = {
    fingerprint,
    adapters: code === 'PULL_REFUSED' && adapter !== undefined ? [{ name: adapter, refused: ['loader'] }] : [],
    failure: {
      reason: code === 'FAILED' ? 'AdapterLoadFailed' : REASONS[code],
      message: about.replace(/[^.]$/, '$&.'),
    },
    ...(code === 'ENGINE_REFUSED' ? { refused: true as const } : {}),
  };
  return { message: about, adapters: report };
}

/** The containers whose output is listened to. */
export const SIDECARS: readonly string[] = [SIDECAR];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
