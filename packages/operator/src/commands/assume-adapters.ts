import type { AdapterSpec, Plan, Workspace } from '@kaito-sdk/core';

/** A Workspace as it would be planned, and what had to be assumed for it. */
export interface Assumed {
  readonly workspace: Workspace;
  /** As they can follow "not checked:". */
  readonly assumptions: readonly string[];
}

/** Where no image can be known: a host that the rules of names keep free for such. */
const PLACE = 'tuning.invalid';

/**
 * Puts images in the place of tuning Workspaces that make adapters, for who cannot ask a cluster for what they made: the image that the status
 * of this Workspace tells of, else the one that a tuning of the same manifest is to push, else a stand-in. Neither memory nor price hangs on it.
 */
export function assumeAdapters(workspace: Workspace, manifest: readonly Workspace[]): Assumed {
  const { inference } = workspace;
  const assumptions: string[] = [];
  const adapters = (inference?.adapters ?? []).map((adapter): AdapterSpec => {
    const { tuning, ...plain } = adapter;
    if (tuning === undefined) return adapter;
    const name = adapter.source?.name ?? '';
    const { image, from } = imageOf(workspace, name, tuning.workspace, manifest);
    assumptions.push(`adapter ${name}, which Workspace ${tuning.workspace} makes: ${from}`);
    return { ...plain, source: { ...plain.source, image } };
  });
  if (assumptions.length === 0 || inference === undefined) return { workspace, assumptions };
  return { workspace: { ...workspace, inference: { ...inference, adapters } }, assumptions };
}

function imageOf(
  { metadata, status }: Workspace,
  adapter: string,
  maker: string,
  manifest: readonly Workspace[],
): { readonly image: string; readonly from: string } {
  const known = status?.tunedAdapters?.[adapter];
  if (known !== undefined) return { image: known, from: `its image is the one that the status tells of, ${known}` };
  const namespace = metadata.namespace ?? 'default';
  const tuning = manifest.find(
    (one) => one.metadata.name === maker && (one.metadata.namespace ?? 'default') === namespace,
  );
  const planned = tuning?.tuning?.output?.image;
  if (planned !== undefined)
    return { image: planned, from: `its image is taken to be the one that it is to push, ${planned}` };
  const image = `${PLACE}/${maker}:latest`;
  return { image, from: `no cluster was asked for its image, and ${image} stands in its place` };
}

/** The decision with what was assumed among what was not checked. */
export function withAssumptions<T extends { readonly feasible: boolean }>(
  decision: T | Plan,
  assumptions: readonly string[],
): T | Plan {
  if (assumptions.length === 0 || !isPlan(decision)) return decision;
  return { ...decision, unchecked: [...decision.unchecked, ...assumptions] };
}

function isPlan(decision: object): decision is Plan {
  return 'unchecked' in decision;
}
