import { nearMisses, quotedList } from '../near-miss.js';
import type { Deprecation, ModelPreset } from '../plugin/preset-pack.js';
import type { Catalogs } from './catalogs.js';
import { findPreset } from './lookup.js';
import type { Infeasible } from './plan.js';
import type { PlanRequest } from './plan-request.js';

/** Names listed when nothing comes near what was written. */
const LISTED = 20;

/** The model that a Workspace names. */
export function choosePreset(request: PlanRequest, catalogs: Catalogs): ModelPreset | Infeasible {
  const { presetField: field, presetName: name } = request;
  const known = catalogs.presets
    .flatMap((pack) => pack.models.filter((model) => !model.deprecated).map((model) => model.name))
    .sort();
  if (name === undefined) {
    const remedy = `Name a model, such as ${quotedList(known.slice(0, 2))}.`;
    return { feasible: false, code: 'InvalidWorkspace', field, message: 'No model is named.', remedy, rejected: [] };
  }
  const found = findPreset(catalogs.presets, name);
  if (!found) return unknown(field, name, known);
  return found.deprecated ? deprecated(field, found, found.deprecated) : found;
}

function deprecated(field: string, { name }: ModelPreset, { reason, instead }: Deprecation): Infeasible {
  return {
    feasible: false,
    code: 'PresetDeprecated',
    field,
    message: `${name} is no longer served: ${reason}.`,
    remedy: `Set ${field} to ${instead}.`,
    rejected: [],
  };
}

function unknown(field: string, name: string, known: readonly string[]): Infeasible {
  const near = nearMisses(name, known);
  const more = known.length > LISTED ? ` and ${known.length - LISTED} more` : '';
  const listed =
    known.length > 0
      ? `Known are ${known.slice(0, LISTED).join(', ')}${more}.`
      : 'Install a package of presets: none is.';
  return {
    feasible: false,
    code: 'UnknownPreset',
    field,
    message: `There is no preset "${name}".`,
    remedy: near.length > 0 ? `Did you mean ${quotedList(near)}?` : listed,
    rejected: [],
  };
}
