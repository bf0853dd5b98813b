import type { InstanceShapes } from '../instance-shape.js';
import { ArmError, type ArmResponse } from './arm-exchange.js';

/** The list of resource SKUs of a subscription (Microsoft.Compute/skus, 2021-07-01), as far as sizes of machines go. */
export function skuList(arm: {
  readonly skus: readonly string[] | 'forbidden';
  readonly instances: InstanceShapes;
  readonly location: string;
}): ArmResponse {
  if (arm.skus === 'forbidden') {
    const message =
      "The client does not have authorization to perform action 'Microsoft.Compute/skus/read' over scope.";
    throw new ArmError(403, 'AuthorizationFailed', message);
  }
  const offered = new Set(arm.skus);
  const value = Object.entries(arm.instances).map(([name, { cpu, memory, gpus = 0 }]) => ({
    resourceType: 'virtualMachines',
    name,
    family: familyOf(name),
    locations: [arm.location],
    locationInfo: [{ location: arm.location, zones: ['1', '2', '3'] }],
    capabilities: [
      { name: 'vCPUs', value: String(cpu) },
      ...memoryOf(memory),
      ...(gpus > 0 ? [{ name: 'GPUs', value: String(gpus) }] : []),
    ],
    restrictions: offered.has(name)
      ? []
      : [
          {
            type: 'Location',
            values: [arm.location],
            restrictionInfo: { locations: [arm.location] },
            reasonCode: 'NotAvailableForSubscription',
          },
        ],
  }));
  return { status: 200, headers: {}, body: { value } };
}

/** Sizes that differ in their number of CPUs only are a family, `standardNCADSA100v4Family`; the real names are less regular. */
function familyOf(name: string): string {
  return `standard${name
    .replace(/^Standard_([A-Z]+)\d+/, '$1')
    .replaceAll('_', '')
    .toUpperCase()}Family`;
}

/** In GiB, as the real list has it, though it says MemoryGB. */
function memoryOf(memory: string | undefined): readonly { readonly name: string; readonly value: string }[] {
  const gib = /^(\d+)Gi$/.exec(memory ?? '')?.[1];
  return gib === undefined ? [] : [{ name: 'MemoryGB', value: gib }];
}
