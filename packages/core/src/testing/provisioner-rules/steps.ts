import type {
  ClaimOwner,
  ClaimPhase,
  ClaimRequest,
  ClaimState,
  NodeProvisioner,
} from '../../plugin/node-provisioner.js';
import { must } from '../must.js';
import type { ProvisionerUnderTest } from '../provisioner-under-test.js';

export const MINUTE = 60_000;
/** Longer than any cloud takes from the claim to the usable node, or from the release to its end. */
export const LONG = 40 * MINUTE;

export const alice: ClaimOwner = { namespace: 'default', name: 'alice', uid: 'uid-alice' };
/** Another namespace, the same name. */
export const otherNamespace: ClaimOwner = { namespace: 'other', name: 'alice', uid: 'uid-other' };
/** A later Workspace of the same name. */
export const laterAlice: ClaimOwner = { ...alice, uid: 'uid-later' };

/** A request that can be met. */
export function request(world: ProvisionerUnderTest, name = 'ws000000001', more: Partial<ClaimRequest> = {}) {
  return { ...world.request, name, owner: alice, ...more };
}

/** The one claim of that name, or undefined. */
export async function claimOf(
  provisioner: NodeProvisioner,
  { name, owner }: Pick<ClaimRequest, 'name' | 'owner'>,
  options?: { readonly fresh?: boolean },
): Promise<ClaimState | undefined> {
  const found = (await provisioner.observe(owner, options)).filter((claim) => claim.name === name);
  must(found.length <= 1, `${name} is observed once`, found);
  return found[0];
}

/** Asks for a node and waits until it is usable. */
export async function readyNode(
  world: ProvisionerUnderTest,
  provisioner: NodeProvisioner,
  wanted = request(world),
): Promise<ClaimState> {
  await provisioner.claim(wanted);
  return until(world, provisioner, wanted, ['ready']);
}

/** Waits until a claim is in one of the phases. */
export async function until(
  world: ProvisionerUnderTest,
  provisioner: NodeProvisioner,
  wanted: Pick<ClaimRequest, 'name' | 'owner'>,
  phases: readonly ClaimPhase[],
): Promise<ClaimState> {
  let claim: ClaimState | undefined;
  for (let waited = 0; waited <= LONG; waited += MINUTE / 2) {
    claim = await claimOf(provisioner, wanted);
    if (claim && phases.includes(claim.phase)) return claim;
    await world.advance(MINUTE / 2);
  }
  throw new Error(`${wanted.name} never became ${phases.join(' or ')}; it is ${JSON.stringify(claim)}`);
}

/** Releases as the core does: again and again until it is gone. */
export async function releaseFully(
  world: ProvisionerUnderTest,
  provisioner: NodeProvisioner,
  ref: Pick<ClaimRequest, 'name' | 'owner'>,
): Promise<void> {
  for (let waited = 0; waited <= LONG; waited += MINUTE) {
    if ((await provisioner.release(ref)) === 'gone') return;
    await world.advance(MINUTE);
  }
  throw new Error(`${ref.name} was still going after ${LONG / MINUTE} minutes`);
}

/** Claims on the bill, sorted. */
export async function billed(world: ProvisionerUnderTest): Promise<readonly string[]> {
  return (await world.cloud.machines()).map(({ claim }) => claim).sort();
}

/** Everything that `owned` lists. */
export async function allOwned(provisioner: NodeProvisioner): Promise<readonly ClaimState[]> {
  const claims: ClaimState[] = [];
  for await (const claim of provisioner.owned()) claims.push(claim);
  return claims;
}

/** Fails unless both are the same JSON; the order of keys is no matter. */
export function same(actual: unknown, expected: unknown, what: string): void {
  must(canonical(actual) === canonical(expected), `${what}: expected ${JSON.stringify(expected)}`, actual);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
