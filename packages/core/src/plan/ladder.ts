import type { CapacityType } from './catalogs.js';
import type { Infeasible } from './plan.js';
import { notSupported } from './unsupported.js';
import { record, text } from './workspace-fields.js';

/** One step of the ladder: where the nodes may come from. The first that will do is taken. */
export interface Rung {
  /** Where it stands, for messages: `resource.instanceType`, `resource.alternatives[0]`. */
  readonly field: string;
  /** Left out: the cheapest that fits. */
  readonly instanceType?: string;
  readonly zone?: string;
  readonly capacityType: CapacityType;
  /** Left out: whichever the operator has. */
  readonly provisioner?: string;
}

const KNOWN: ReadonlySet<string> = new Set(['instanceType', 'zones', 'capacityType', 'provisioner']);
const FIELD = 'resource.alternatives';

/**
 * The rungs of `resource`, in the order in which they are tried: what stands in `resource.instanceType` first, then the alternatives,
 * a rung with several zones once for each. Without an instance type the alternatives are all there is; without either, the cheapest
 * that fits.
 */
export function readLadder(resource: Readonly<Record<string, unknown>>): readonly Rung[] | Infeasible {
  const named = text(resource.instanceType);
  const { alternatives = [] } = resource;
  if (alternatives !== null && !Array.isArray(alternatives)) {
    return invalid(FIELD, `${FIELD} must be a list.`);
  }
  const rungs: Rung[] = [];
  for (const [index, entry] of (alternatives ?? []).entries()) {
    const field = `${FIELD}[${index}]`;
    const read = readRung(field, entry);
    if ('feasible' in read) return read;
    rungs.push(...read);
  }
  const first: Rung = {
    field: 'resource.instanceType',
    capacityType: 'on-demand',
    ...(named === undefined ? {} : { instanceType: named }),
  };
  return named === undefined && rungs.length > 0 ? rungs : [first, ...rungs];
}

function readRung(field: string, entry: unknown): readonly Rung[] | Infeasible {
  const rung = record(entry);
  if (!rung) return invalid(field, `${field} must be an object.`);
  const unknown = Object.keys(rung).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    return notSupported(`${field}.${unknown}`, `is not known; a rung has ${[...KNOWN].join(', ')}`);
  }
  // A null counts as absent, as it does to the API server.
  const { instanceType, provisioner } = rung;
  const zones = rung.zones ?? [];
  const capacityType = rung.capacityType ?? 'on-demand';
  for (const [name, value] of Object.entries({ instanceType, provisioner })) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return invalid(`${field}.${name}`, `${field}.${name} must be a string.`);
    }
  }
  if (capacityType !== 'on-demand' && capacityType !== 'spot') {
    return invalid(`${field}.capacityType`, `${field}.capacityType must be on-demand or spot.`);
  }
  if (!Array.isArray(zones) || zones.some((zone) => text(zone) === undefined)) {
    return invalid(`${field}.zones`, `${field}.zones must be a list of names of zones.`);
  }
  const rest = {
    field,
    capacityType,
    ...(text(instanceType) === undefined ? {} : { instanceType: String(text(instanceType)) }),
    ...(text(provisioner) === undefined ? {} : { provisioner: String(text(provisioner)) }),
  } as const;
  return zones.length === 0 ? [rest] : zones.map((zone) => ({ ...rest, zone: String(text(zone)) }));
}

/** `TYPE, spot, in ZONE`: what a rung is called in a list of rejected ones. */
export function rungName(rung: Rung): string {
  return [
    rung.instanceType ?? 'any instance type',
    ...(rung.capacityType === 'spot' ? ['spot'] : []),
    ...(rung.zone === undefined ? [] : [`in ${rung.zone}`]),
    ...(rung.provisioner === undefined ? [] : [`by ${rung.provisioner}`]),
  ].join(', ');
}

function invalid(field: string, message: string): Infeasible {
  return {
    feasible: false,
    code: 'InvalidWorkspace',
    field,
    message,
    remedy: 'Write each rung as instanceType, zones, capacityType and provisioner, as far as they matter.',
    rejected: [],
  };
}
