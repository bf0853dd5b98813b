import type { Workspace } from '../api/workspace.js';
import type { Catalogs } from './catalogs.js';
import { allInstances, findInstance, findPreset } from './lookup.js';
import type { Infeasible, Plan } from './plan.js';
import { plan } from './plan-workspace.js';

/** One model on one instance type. */
export interface Fit {
  readonly preset: string;
  readonly instanceType: string;
  readonly decision: Plan | Infeasible;
}

export interface FitSelection {
  /** Names of presets, or a part of names. @default all that are served */
  readonly models?: readonly string[];
  /** @default all */
  readonly instanceTypes?: readonly string[];
}

/**
 * Plans every model on every instance type, model by model in the order of the packs, types in the order of the catalogs. Retired
 * types are planned too: what fits on them is a fact, and that they cannot be had is a warning.
 */
export function fitTable(catalogs: Catalogs, selection: FitSelection = {}): readonly Fit[] {
  const given = { ...catalogs, provisioner: { ...catalogs.provisioner, retired: 'warn' as const } };
  return presetNames(catalogs, selection.models).flatMap((preset) =>
    instanceNames(catalogs, selection.instanceTypes).map((instanceType) => ({
      preset,
      instanceType,
      decision: plan(asWorkspace(preset, instanceType), given),
    })),
  );
}

/** Names of models that a selection means: an exact name alone, else every name that begins with it. */
export function presetNames(catalogs: Catalogs, models?: readonly string[]): readonly string[] {
  const all = catalogs.presets.flatMap((pack) => pack.models).filter(({ deprecated }) => !deprecated);
  if (models === undefined || models.length === 0) return all.map(({ name }) => name);
  return [
    ...new Set(
      models.flatMap((wanted) => {
        const exact = findPreset(catalogs.presets, wanted);
        if (exact) return [exact.name];
        return all.filter(({ name }) => name.startsWith(wanted.toLowerCase())).map(({ name }) => name);
      }),
    ),
  ];
}

function instanceNames(catalogs: Catalogs, types?: readonly string[]): readonly string[] {
  if (types !== undefined && types.length > 0)
    return types.map((name) => findInstance(catalogs.instances, name)?.name ?? name);
  return allInstances(catalogs.instances).map(({ name }) => name);
}

function asWorkspace(preset: string, instanceType: string): Workspace {
  return {
    apiVersion: 'kaito.sh/v1beta1',
    kind: 'Workspace',
    metadata: { name: 'fit', namespace: 'default' },
    resource: { instanceType, labelSelector: { matchLabels: { apps: 'fit' } } },
    inference: { preset: { name: preset } },
  };
}
