import type { InstanceCatalog, InstanceType } from '../plugin/instance-catalog.js';
import type { ModelPreset, PresetPack } from '../plugin/preset-pack.js';
import type { Catalogs } from './catalogs.js';

/** A model by the name of its preset, or by the repository of its weights; without regard to case. */
export function findPreset(packs: readonly PresetPack[], name: string): ModelPreset | undefined {
  const wanted = name.toLowerCase();
  const all = packs.flatMap((pack) => pack.models);
  return (
    all.find((preset) => preset.name.toLowerCase() === wanted) ??
    all.find((preset) => preset.weights.repository.toLowerCase() === wanted)
  );
}

/** An instance type by its name, without regard to case. Where two catalogs know it, the first that was given wins. */
export function findInstance(catalogs: readonly InstanceCatalog[], name: string): InstanceType | undefined {
  const wanted = name.toLowerCase();
  return allInstances(catalogs).find((instance) => instance.name.toLowerCase() === wanted);
}

/** What may be chosen for a Workspace that names no type: what is there already, else whatever the catalogs have. */
export function choosable({ stock = [], instances }: Pick<Catalogs, 'stock' | 'instances'>): readonly InstanceType[] {
  return stock.length > 0 ? stock : allInstances(instances);
}

/** The type that a Workspace names: as it is there already, else as a catalog has it. */
export function namedInstance(
  { stock = [], instances }: Pick<Catalogs, 'stock' | 'instances'>,
  name: string,
): InstanceType | undefined {
  return findInstance([{ name: 'stock', instances: () => stock }, ...instances], name);
}

export function allInstances(catalogs: readonly InstanceCatalog[]): readonly InstanceType[] {
  return catalogs.flatMap((catalog) => catalog.instances());
}
