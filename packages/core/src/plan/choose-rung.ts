import { choices } from '../near-miss.js';
import type { Catalogs } from './catalogs.js';
import { type Choice, chooseInstance } from './choose-instance.js';
import type { Need } from './evaluate.js';
import { type Rung, rungName } from './ladder.js';
import type { Infeasible, Rejected } from './plan.js';
import type { PlanRequest } from './plan-request.js';

/** The first rung of the ladder that will do, and why those before it will not; or why none does. */
export function chooseRung(
  need: Omit<Need, 'offer'>,
  request: PlanRequest,
  catalogs: Catalogs,
): (Choice & { readonly rung: Rung }) | Infeasible {
  const rejected: Rejected[] = [];
  let first: Infeasible | undefined;
  for (const rung of request.ladder) {
    const outcome = unserved(rung, catalogs) ?? chooseOn(rung, need, request, catalogs);
    if (!('feasible' in outcome)) return { ...outcome, rung, rejected: [...rejected, ...outcome.rejected] };
    first ??= outcome;
    rejected.push({ candidate: rungName(rung), reason: outcome.message });
  }
  if (!first) throw new Error('a ladder has at least one rung');
  if (request.ladder.length === 1) return first;
  const message = `None of the ${request.ladder.length} rungs of the ladder will do; the first: ${first.message}`;
  return { ...first, message, rejected };
}

function chooseOn(
  rung: Rung,
  need: Omit<Need, 'offer'>,
  request: PlanRequest,
  catalogs: Catalogs,
): Choice | Infeasible {
  const { capacityType, zone } = rung;
  const offer = { capacityType, ...(zone === undefined ? {} : { zone }) };
  return chooseInstance({ ...need, offer }, rung, request, catalogs);
}

/** What the provisioner of this installation cannot do. */
function unserved(rung: Rung, { provisioner }: Catalogs): Infeasible | undefined {
  if (rung.provisioner !== undefined && rung.provisioner !== provisioner.name) {
    return {
      feasible: false,
      code: 'ProvisionerUnknown',
      field: `${rung.field}.provisioner`,
      message: `Nodes here come from ${provisioner.name}, and not from ${rung.provisioner}.`,
      remedy: `Set it to ${provisioner.name}, or remove it.`,
      rejected: [],
    };
  }
  const can = provisioner.capacityTypes ?? ['on-demand'];
  if (can.includes(rung.capacityType)) return undefined;
  return {
    feasible: false,
    code: 'CapacityTypeUnsupported',
    field: `${rung.field}.capacityType`,
    message: `${provisioner.name} gives ${choices(can)} nodes only, and ${rung.capacityType} ones are asked for.`,
    remedy: `Set it to ${choices(can)}.`,
    rejected: [],
  };
}
