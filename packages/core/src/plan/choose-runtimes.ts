import { nearMisses, quotedList } from '../near-miss.js';
import type { Runtime } from '../plugin/runtime.js';
import type { Catalogs } from './catalogs.js';
import { RUNTIME_ANNOTATION } from './ignored-metadata.js';
import type { Infeasible } from './plan.js';
import type { PlanRequest } from './plan-request.js';
import { notSupported, unreadFields } from './unsupported.js';

/** Where the runtime annotation stands, for messages. */
export const RUNTIME_FIELD = `metadata.annotations[${RUNTIME_ANNOTATION}]`;

/** The runtimes of one kind, the preferred one first. */
export function runtimesOf(kind: Runtime['kind'], catalogs: Catalogs): readonly Runtime[] {
  return catalogs.runtimes
    .filter((runtime) => runtime.kind === kind)
    .sort((a, b) => b.preference - a.preference || (a.name < b.name ? -1 : 1));
}

/**
 * The runtimes that may be tried for a Workspace: the one that its annotation names, else all of its kind. Refuses an unknown
 * name, and any field that none of them would read.
 */
export function chooseRuntimes(request: PlanRequest, catalogs: Catalogs): readonly Runtime[] | Infeasible {
  const all = runtimesOf(request.kind, catalogs);
  if (all.length === 0) {
    const why = 'is not supported yet: no runtime for it is installed';
    return {
      ...notSupported(request.kind, why),
      remedy: `Install a package that provides a runtime for ${request.kind}.`,
    };
  }
  const allowed = asked(request, all);
  if ('feasible' in allowed) return allowed;
  const unread = request.fields.find((field) => allowed.every((runtime) => unreadFields([field], runtime).length > 0));
  if (unread === undefined) return allowed;
  const byAnother = all.find((runtime) => unreadFields([unread], runtime).length === 0);
  if (!byAnother) return notSupported(unread);
  return {
    ...notSupported(unread, `is not supported by ${allowed.map(({ name }) => name).join(', ')}`),
    remedy: `Set the annotation ${RUNTIME_ANNOTATION} to ${byAnother.name}, or remove ${unread}.`,
  };
}

/** The annotation chooses an engine that serves; what a tuning Workspace runs is not its business. */
function asked(request: PlanRequest, all: readonly Runtime[]): readonly Runtime[] | Infeasible {
  if (request.runtime === undefined || request.kind !== 'inference') return all;
  const wanted = request.runtime.toLowerCase();
  const names = (runtime: Runtime) => [runtime.name, ...(runtime.aliases ?? [])];
  const found = all.find((runtime) => names(runtime).some((name) => name.toLowerCase() === wanted));
  if (found) return [found];
  const near = nearMisses(wanted, all.flatMap(names), 1);
  const known = all.map(({ name, aliases = [] }) =>
    aliases.length > 0 ? `${name} (also ${aliases.join(', ')})` : name,
  );
  const hint = near.length > 0 ? `Did you mean ${quotedList(near)}? ` : '';
  return {
    feasible: false,
    code: 'UnknownRuntime',
    field: RUNTIME_FIELD,
    message: `There is no runtime "${request.runtime}".`,
    remedy: `${hint}Installed are ${known.join(', ')}; without the annotation the planner chooses.`,
    rejected: [],
  };
}
