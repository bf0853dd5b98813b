import { createHash } from 'node:crypto';
import type { ClaimOwner } from '../plugin/node-provisioner.js';

/**
 * The names of a Workspace's claims: `ws` and nine hexadecimal digits, the form KAITO uses, within the narrowest rule of the
 * clouds served (`^[a-z][a-z0-9]{0,11}$`). They follow from the Workspace's identity and the instance type and from
 * nothing else, so a crash between claiming and remembering can never end in a second node.
 */
export function claimNames(owner: ClaimOwner, instanceType: string, count: number): string[] {
  return Array.from({ length: count }, (_, ordinal) => {
    const identity = JSON.stringify([owner.namespace, owner.name, owner.uid, instanceType, ordinal]);
    return `ws${createHash('sha256').update(identity).digest('hex').slice(0, 9)}`;
  });
}
