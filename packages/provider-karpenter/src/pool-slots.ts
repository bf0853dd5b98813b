import type { KubeObject } from '@kaito-sdk/core';

const SLOT = 'claim.kaito-sdk.dev/';

/**
 * One claim on a static NodePool, kept in an annotation of the pool. Karpenter gives its NodeClaims names of its own, so which of them is
 * meant follows from the order: the oldest slot has the oldest NodeClaim.
 */
export interface PoolSlot {
  /** Name of the claim. */
  readonly claim: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Set when it is given back: the NodeClaim that has to go, or nothing where there was none. Such a slot counts in `replicas` no more. */
  readonly going?: { readonly nodeClaim?: string };
}

/** The slot of a claim, as an annotation; undefined takes it away. */
export function slotAnnotation(claim: string, slot: PoolSlot | undefined): Record<string, string | null> {
  if (slot === undefined) return { [SLOT + claim]: null };
  const { claim: _, ...rest } = slot;
  return { [SLOT + claim]: JSON.stringify(rest) };
}

export function slotAnnotations(slots: readonly PoolSlot[]): Record<string, string | null> {
  return Object.assign({}, ...slots.map((slot) => slotAnnotation(slot.claim, slot)));
}

/** The slots of a pool, oldest first. What somebody else wrote there is none. */
export function slotsOf({ metadata }: KubeObject): readonly PoolSlot[] {
  return Object.entries(metadata.annotations ?? {})
    .flatMap(([key, text]) => (key.startsWith(SLOT) ? (parsed(key.slice(SLOT.length), text) ?? []) : []))
    .sort((a, b) => order(a.createdAt, b.createdAt) || order(a.claim, b.claim));
}

/** The slots that a pool has to have machines for. */
export function living(slots: readonly PoolSlot[]): readonly PoolSlot[] {
  return slots.filter(({ going }) => going === undefined);
}

/** Which NodeClaim each slot has: its own that goes, or one of those that stay, in order of age. */
export function bindings(
  slots: readonly PoolSlot[],
  nodeClaims: readonly KubeObject[],
): ReadonlyMap<string, KubeObject | undefined> {
  const doomed = new Set(slots.flatMap(({ going }) => going?.nodeClaim ?? []));
  const staying = nodeClaims
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && !doomed.has(metadata.name))
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        order(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || order(a.name, b.name),
    );
  const bound = new Map(living(slots).map(({ claim }, i) => [claim, staying[i]]));
  for (const { claim, going } of slots) {
    if (going !== undefined)
      bound.set(
        claim,
        nodeClaims.find(({ metadata }) => metadata.name === going.nodeClaim),
      );
  }
  return bound;
}

function parsed(claim: string, text: string): PoolSlot | undefined {
  try {
    const { createdAt, going } = (JSON.parse(text) ?? {}) as Partial<PoolSlot>;
    if (typeof createdAt !== 'string') return undefined;
    return { claim, createdAt, ...(typeof going === 'object' && going !== null ? { going } : {}) };
  } catch {
    return undefined;
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
