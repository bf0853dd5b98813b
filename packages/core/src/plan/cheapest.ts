import type { InstanceType } from '../plugin/instance-catalog.js';
import type { Catalogs } from './catalogs.js';
import { type Candidate, evaluate, type Misfit, type Need } from './evaluate.js';
import { choosable } from './lookup.js';
import type { Rejected } from './plan.js';
import { byPrice, dollars, formatPrice, priceOf } from './price.js';
import { retirement } from './retirement.js';

/** Reasons shown in full; a Plan lives in a status, where a whole catalog would only be in the way. */
const SHOWN = 12;

/** The outcome of looking through the whole catalog. */
export interface Search {
  readonly found?: Candidate;
  /** Cheaper types that will not do, each with its reason. */
  readonly rejected: readonly Rejected[];
  /** The misfit of the type that came nearest: the one with the most GPU memory. */
  readonly nearest?: Misfit;
}

/**
 * The cheapest instance type that fits. Retired types are passed over even where they could still exist, for nobody should be
 * led to one; `except` is the type that the user asked for and that did not do.
 */
export function cheapest(need: Need, catalogs: Catalogs, except?: InstanceType): Search {
  const rejected: Rejected[] = [];
  let nearest: { readonly misfit: Misfit; readonly bytes: number } | undefined;
  let best: Candidate | undefined;
  for (const instance of [...choosable(catalogs)].sort(byPrice(catalogs.region))) {
    if (instance === except) continue;
    // One machine of this type costs as much as all of the best so far, and those after it cost more.
    if (best && dollars(instance, catalogs.region) >= total(best, catalogs.region)) break;
    if (retirement(instance, catalogs.today) === 'retired') {
      rejected.push({ candidate: instance.name, reason: `It was retired on ${instance.retiredOn}.` });
      continue;
    }
    // What does not fit is never chosen for somebody, whatever they would put up with on a machine that they name.
    const outcome = evaluate({ ...need, bypass: false }, instance);
    if (outcome.fits) {
      const better = !best || total(outcome, catalogs.region) < total(best, catalogs.region);
      const loser = better ? best : outcome;
      if (loser) rejected.push({ candidate: loser.instance.name, reason: `${loser.need.nodes} of them cost more.` });
      if (better) best = outcome;
      continue;
    }
    rejected.push({ candidate: instance.name, reason: outcome.message });
    const bytes = nearness(outcome, instance);
    if (!nearest || bytes > nearest.bytes) nearest = { misfit: outcome, bytes };
  }
  if (best) return { found: best, rejected: [...shown(rejected), ...best.rejected] };
  return { rejected: shown(rejected), ...(nearest ? { nearest: nearest.misfit } : {}) };
}

/** Models that no single machine holds take several: what counts is what all of them cost. */
function total({ instance, need }: Candidate, region: string | undefined): number {
  return Math.min(Number.MAX_VALUE, dollars(instance, region) * need.nodes);
}

/** What only costs too much comes nearest, the cheapest of them first; else what has the most GPU memory. */
function nearness({ code }: Misfit, instance: InstanceType): number {
  return code === 'PriceLimitExceeded' ? Number.MAX_VALUE : instance.gpu.memoryBytes;
}

/** `TYPE ($0.526 an hour in REGION)`. */
export function withPrice(instance: InstanceType, region: string | undefined): string {
  const price = priceOf(instance, region);
  return price ? `${instance.name} (${formatPrice(price)})` : `${instance.name} (price unknown)`;
}

function shown(rejected: readonly Rejected[]): readonly Rejected[] {
  if (rejected.length <= SHOWN) return rejected;
  const rest = rejected.length - SHOWN;
  return [...rejected.slice(0, SHOWN), { candidate: `${rest} more instance types`, reason: 'They do not fit either.' }];
}
