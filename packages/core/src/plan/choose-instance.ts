import { choices, nearMisses } from '../near-miss.js';
import type { InstanceType } from '../plugin/instance-catalog.js';
import type { Catalogs } from './catalogs.js';
import { cheapest, withPrice } from './cheapest.js';
import { RUNTIME_FIELD, runtimesOf } from './choose-runtimes.js';
import { type Candidate, evaluate, type Misfit, type Need } from './evaluate.js';
import { RUNTIME_ANNOTATION } from './ignored-metadata.js';
import type { Rung } from './ladder.js';
import { allInstances, choosable, namedInstance } from './lookup.js';
import type { Infeasible, InfeasibleCode, Notice, Rejected } from './plan.js';
import type { PlanRequest } from './plan-request.js';
import { retirement } from './retirement.js';

/** The machine, with its runtime, that a Plan is made of. */
export interface Choice {
  readonly candidate: Candidate;
  readonly warnings: readonly Notice[];
  readonly rejected: readonly Rejected[];
}

const FIELD = 'resource.instanceType';

/** The instance type that a rung names, if it will do; the cheapest that fits, when it names none. */
export function chooseInstance(need: Need, rung: Rung, request: PlanRequest, catalogs: Catalogs): Choice | Infeasible {
  const choice =
    rung.instanceType === undefined
      ? chooseAny(need, request, catalogs)
      : chooseNamed(need, request, catalogs, rung.instanceType);
  return 'feasible' in choice && choice.field === FIELD && rung.field !== FIELD
    ? { ...choice, field: `${rung.field}.instanceType` }
    : choice;
}

function chooseAny(need: Need, request: PlanRequest, catalogs: Catalogs): Choice | Infeasible {
  if (choosable(catalogs).length === 0) {
    return infeasible(
      'InstanceTypeRequired',
      'No instance type is named, and no instance catalog is installed to choose from.',
      'Install a package that provides an instance catalog.',
    );
  }
  const { found, rejected, nearest } = cheapest(need, catalogs);
  if (found) return { candidate: found, warnings: retirementWarnings(found.instance, need, catalogs), rejected };
  if (!nearest)
    return infeasible(
      'InstanceTypeRetired',
      'Every known instance type is retired.',
      'Update the instance catalog.',
      rejected,
    );
  const message = `No known instance type will do; the nearest: ${nearest.message}`;
  const raise = nearest.code === 'PriceLimitExceeded' ? nearest.remedy : undefined;
  return {
    ...infeasible(nearest.code, message, raise ?? wayOut(need, request, catalogs), rejected),
    ...fieldOf(nearest, request),
  };
}

function chooseNamed(need: Need, request: PlanRequest, catalogs: Catalogs, name: string): Choice | Infeasible {
  const instance = namedInstance(catalogs, name);
  if (!instance) return unknown(need, request, catalogs, name);
  if (refused(instance, catalogs)) {
    const message = `${instance.name} was retired on ${instance.retiredOn} and cannot be had any more.`;
    return infeasible('InstanceTypeRetired', message, wayOut(need, request, catalogs, instance));
  }
  const outcome = evaluate(need, instance);
  if (outcome.fits) {
    const { rejected } = outcome;
    return { candidate: outcome, warnings: retirementWarnings(instance, need, catalogs), rejected };
  }
  const advice = outcome.remedy === undefined ? '' : `${outcome.remedy} `;
  const remedy = `${advice}${wayOut(need, request, catalogs, instance)}`;
  return { ...infeasible(outcome.code, outcome.message, remedy, outcome.rejected), ...fieldOf(outcome, request) };
}

function unknown(need: Need, request: PlanRequest, catalogs: Catalogs, name: string): Infeasible {
  const known = [...(catalogs.stock ?? []), ...allInstances(catalogs.instances)];
  const near = nearMisses(
    name,
    known.map((one) => one.name),
  ).map((meant) => {
    const retired = known.some((one) => one.name === meant && retirement(one, catalogs.today) === 'retired');
    return `"${meant}"${retired ? ' (retired)' : ''}`;
  });
  const hint = near.length > 0 ? `Did you mean ${choices(near)}? ` : '';
  const message = `There is no instance type "${name}" in the installed catalogs.`;
  return infeasible('UnknownInstanceType', message, `${hint}${wayOut(need, request, catalogs)}`);
}

/** The smallest change that would make it feasible; `tried` is the type that was asked for and will not do. */
function wayOut(need: Need, request: PlanRequest, catalogs: Catalogs, tried?: InstanceType): string {
  const { found } = cheapest(need, catalogs, tried);
  const change = found && `Set ${FIELD} to ${withPrice(found.instance, catalogs.region)}, the cheapest that fits.`;
  if (request.runtime === undefined) return change ?? 'No known instance type fits: choose a smaller model.';
  const free = { ...need, bypass: false, runtimes: runtimesOf(request.kind, catalogs) };
  const same = tried && !refused(tried, catalogs) ? evaluate(free, tried) : undefined;
  const other = same?.fits ? same : found ? undefined : cheapest(free, catalogs).found;
  const remove =
    other &&
    `Remove the annotation ${RUNTIME_ANNOTATION}: with ${other.runtime.name} it fits on ${withPrice(other.instance, catalogs.region)}.`;
  return (
    [remove, change].filter((words) => words).join(' Or: ') || 'No known instance type fits: choose a smaller model.'
  );
}

function refused(instance: InstanceType, { today, provisioner }: Catalogs): boolean {
  return provisioner.retired === 'refuse' && retirement(instance, today) === 'retired';
}

function retirementWarnings(instance: InstanceType, need: Need, catalogs: Catalogs): readonly Notice[] {
  const state = retirement(instance, catalogs.today);
  if (state === 'offered') return [];
  const { found } = cheapest(need, catalogs, instance);
  const replacement = found ? ` ${withPrice(found.instance, catalogs.region)} is the cheapest that fits instead.` : '';
  return state === 'retired'
    ? [
        {
          code: 'InstanceTypeRetired',
          message: `${instance.name} was retired on ${instance.retiredOn}: a cloud will not give it.${replacement}`,
        },
      ]
    : [
        {
          code: 'InstanceTypeRetiring',
          message: `${instance.name} will be retired on ${instance.retiredOn}.${replacement}`,
        },
      ];
}

/** Where a runtime was asked for by name and cannot do it, that is what to change. */
function fieldOf(misfit: Misfit, request: PlanRequest): { readonly field: string } {
  if (misfit.code === 'PriceLimitExceeded') return { field: 'resource.priceLimit' };
  const byName = misfit.code === 'RuntimeUnsupported' && request.runtime !== undefined && request.kind === 'inference';
  return { field: byName ? RUNTIME_FIELD : FIELD };
}

function infeasible(
  code: InfeasibleCode,
  message: string,
  remedy: string,
  rejected: readonly Rejected[] = [],
): Infeasible {
  return { feasible: false, code, field: FIELD, message, remedy, rejected };
}
