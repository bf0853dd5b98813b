import { createHash } from 'node:crypto';
import type { ClaimOwner } from '../plugin/node-provisioner.js';

/** Where nodes come from, as far as it makes a name different. */
export interface NamedOffer {
  readonly capacityType?: 'on-demand' | 'spot';
  readonly zone?: string;
}

/**
 * The names of a Workspace's claims: `ws` and nine hexadecimal digits, the form KAITO uses, within the narrowest rule of the
 * clouds served (`^[a-z][a-z0-9]{0,11}$`). They follow from the Workspace's identity and the offer and from
 * nothing else, so a crash between claiming and remembering can never end in a second node.
 */
export function claimNames(owner: ClaimOwner, instanceType: string, count: number, offer: NamedOffer = {}): string[] {
  const { capacityType = 'on-demand', zone } = offer;
  return Array.from({ length: count }, (_, ordinal) => {
    const special = capacityType === 'spot' || zone !== undefined ? [capacityType, zone ?? ''] : [];
    const identity = JSON.stringify([owner.namespace, owner.name, owner.uid, instanceType, ordinal, ...special]);
    return `ws${createHash('sha256').update(identity).digest('hex').slice(0, 9)}`;
  });
}
