import type { ClaimRef, NodeProvisioner } from '../plugin/node-provisioner.js';

/**
 * Gives these claims back, one after the other, and answers those that are still going. One that cannot be given back keeps no other on the
 * bill: its error is thrown when all were tried.
 */
export async function releaseAll<T extends ClaimRef>(
  provisioner: NodeProvisioner,
  claims: readonly T[],
): Promise<readonly T[]> {
  const going: T[] = [];
  const failures: unknown[] = [];
  for (const claim of claims) {
    try {
      if ((await provisioner.release(claim)) === 'going') going.push(claim);
    } catch (error) {
      failures.push(error);
    }
  }
  // They have one cause most often; and whoever reads the first knows what it is.
  if (failures.length > 0) throw failures[0];
  return going;
}
