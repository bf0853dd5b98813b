import { type InstanceCatalog, overriddenInstances } from '@kaito-sdk/core';
import type { InstanceTypeSettings } from './config/instance-type-settings.js';
import { configErrorCodes } from './config.js';

/** The catalogs with the `instanceTypes` of the configuration: changed ones, and ones that no catalog has. */
export function withInstanceTypes(
  catalogs: readonly InstanceCatalog[],
  overrides: readonly InstanceTypeSettings[],
  source: string,
): readonly InstanceCatalog[] {
  const { catalogs: changed, problems } = overriddenInstances(catalogs, overrides);
  if (problems.length > 0) throw configErrorCodes.CONFIG_INVALID(source, `instanceTypes: ${problems.join('; ')}`);
  return changed;
}
