import type { AdapterStatus } from '../api/status.js';
import type { Plan, PlannedAdapter } from '../plan/plan.js';

/**
 * What is known about the adapters of a Plan: what the pods say now, on top of what stood in the status before. A pod that has not
 * said anything yet takes nothing away; another image, or other secrets for it, make everything about it anew.
 */
export function mergeAdapters(
  { engine }: Plan,
  before: readonly AdapterStatus[],
  seen: readonly AdapterStatus[],
): readonly AdapterStatus[] {
  return (engine.adapters?.items ?? []).map((planned) => {
    const known = before.find((one) => isAbout(one, planned));
    const now = seen.find(({ name }) => name === planned.name);
    const refused = [...new Set([...(known?.refused ?? []), ...(now?.refused ?? [])])];
    const digest = now?.digest ?? known?.digest;
    const fetchedBy = now?.fetchedBy ?? known?.fetchedBy;
    return {
      name: planned.name,
      ...(planned.image === undefined ? {} : { image: planned.image }),
      ...(planned.pullSecrets === undefined ? {} : { pullSecrets: [...planned.pullSecrets] }),
      ...(digest === undefined ? {} : { digest }),
      ...(fetchedBy === undefined ? {} : { fetchedBy }),
      ...(refused.length === 0 ? {} : { refused }),
    };
  });
}

function isAbout(status: AdapterStatus, { name, image, pullSecrets = [] }: PlannedAdapter): boolean {
  return (
    status.name === name &&
    status.image === image &&
    JSON.stringify(status.pullSecrets ?? []) === JSON.stringify(pullSecrets)
  );
}
