import type { InstanceType } from '../plugin/instance-catalog.js';
import type { Catalogs } from './catalogs.js';
import { cheapest, withPrice } from './cheapest.js';
import { RUNTIME_FIELD, runtimesOf } from './choose-runtimes.js';
import { type Candidate, evaluate, type Misfit, type Need } from './evaluate.js';
import { RUNTIME_ANNOTATION } from './ignored-metadata.js';
import { allInstances, findInstance } from './lookup.js';
import { nearMisses, quotedList } from './near-miss.js';
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

/** The instance type that the Workspace names, if it will do; the cheapest that fits, when it names none. */
export function chooseInstance(need: Need, request: PlanRequest, catalogs: Catalogs): Choice | Infeasible {
  return request.instanceType === undefined
    ? chooseAny(need, request, catalogs)
    : chooseNamed(need, request, catalogs, request.instanceType);
}

function chooseAny(need: Need, request: PlanRequest, catalogs: Catalogs): Choice | Infeasible {
  if (allInstances(catalogs.instances).length === 0) {
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
  return {
    ...infeasible(nearest.code, message, wayOut(need, request, catalogs), rejected),
    ...fieldOf(nearest, request),
  };
}

function chooseNamed(need: Need, request: PlanRequest, catalogs: Catalogs, name: string): Choice | Infeasible {
  const instance = findInstance(catalogs.instances, name);
  if (!instance) return unknown(need, request, catalogs, name);
  if (retirement(instance, catalogs.today) === 'retired' && catalogs.provisioner.retired === 'refuse') {
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
  const known = allInstances(catalogs.instances).filter((one) => retirement(one, catalogs.today) !== 'retired');
  const near = nearMisses(
    name,
    known.map((one) => one.name),
  );
  const hint = near.length > 0 ? `Did you mean ${quotedList(near)}? ` : '';
  return infeasible(
    'UnknownInstanceType',
    `There is no instance type "${name}" in the installed catalogs.`,
    `${hint}${wayOut(need, request, catalogs)}`,
  );
}

/** The smallest change that would make it feasible. */
function wayOut(need: Need, request: PlanRequest, catalogs: Catalogs, except?: InstanceType): string {
  const { found } = cheapest(need, catalogs, except);
  if (found) return `Set ${FIELD} to ${withPrice(found.instance, catalogs.region)}, the cheapest that fits.`;
  const freed = cheapest({ ...need, runtimes: runtimesOf(request.kind, catalogs) }, catalogs).found;
  if (request.runtime !== undefined && freed) {
    return `Remove the annotation ${RUNTIME_ANNOTATION}: with ${freed.runtime.name} it fits on ${withPrice(freed.instance, catalogs.region)}.`;
  }
  return 'No known instance type fits: choose a smaller model.';
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
