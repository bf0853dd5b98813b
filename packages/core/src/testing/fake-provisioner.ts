import type {
  ClaimOwner,
  ClaimPhase,
  ClaimRef,
  ClaimRequest,
  ClaimState,
  ClaimWatch,
  NodeNeed,
  NodeProvisioner,
  Offer,
} from '../plugin/node-provisioner.js';

/** A provisioner in memory. Claims stay `requested` until the test moves them. */
export class FakeProvisioner implements NodeProvisioner {
  readonly name = 'example';
  readonly claims = new Map<string, ClaimState>();
  /** Every claim ever asked for, in order. */
  readonly asked: ClaimRequest[] = [];

  async offers({ instanceType }: NodeNeed): Promise<readonly Offer[]> {
    return [{ instanceType, capacityType: 'on-demand' }];
  }

  async claim(request: ClaimRequest): Promise<void> {
    this.asked.push(request);
    if (this.claims.has(request.name)) return;
    const { name, owner, instanceType } = request;
    this.claims.set(name, { name, owner, instanceType, phase: 'requested' });
  }

  async observe(owner: ClaimOwner): Promise<readonly ClaimState[]> {
    return [...this.claims.values()].filter((claim) => claim.owner.uid === owner.uid);
  }

  async release({ name }: ClaimRef): Promise<'gone' | 'going'> {
    const claim = this.claims.get(name);
    if (!claim) return 'gone';
    this.claims.set(name, { ...claim, phase: 'releasing' });
    return 'going';
  }

  async *owned(): AsyncIterable<ClaimState> {
    yield* this.claims.values();
  }

  watches(): readonly ClaimWatch[] {
    return [];
  }

  /** Moves every claim that is not on its way out; its node is named `node-<claim>`. */
  move(phase: ClaimPhase, more: Partial<ClaimState> = {}): void {
    for (const [name, claim] of this.claims) {
      if (claim.phase !== 'releasing') this.claims.set(name, { ...claim, phase, nodeName: `node-${name}`, ...more });
    }
  }

  /** The cloud has taken back what was being released. */
  finishReleases(): void {
    for (const [name, claim] of this.claims) if (claim.phase === 'releasing') this.claims.delete(name);
  }
}
