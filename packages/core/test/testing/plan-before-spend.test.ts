import type { ClaimRequest, NodeProvisioner, ProvisionerPlugin, Workspace } from '@kaito-sdk/core';
import { aWorkspace, FakeProvisioner, InvariantBroken, PlanBeforeSpend } from '@kaito-sdk/core/testing';
import { expect } from 'chai';

const at = '2026-01-01T00:00:00Z';

function planned(status: 'True' | 'False' | undefined): Workspace {
  const conditions = status
    ? [{ type: 'Planned', status, reason: 'R', message: '', lastTransitionTime: at } as const]
    : [];
  return { ...aWorkspace(), status: { conditions } };
}

const request = (name: string): ClaimRequest => ({
  name,
  owner: { namespace: 'default', name: 'demo', uid: 'u' },
  instanceType: 'gpu.small',
  capacityType: 'on-demand',
  diskBytes: 1 as never,
  labels: {},
});

async function refused(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the law that nothing is bought without a Plan', () => {
  it('lets claims through once the Plan stands in the cluster, and reads it anew for each', async () => {
    let workspace = planned('True');
    const read: string[] = [];
    const law = new PlanBeforeSpend(({ namespace, name }) => {
      read.push(`${namespace}/${name}`);
      return workspace;
    });
    const cloud = new FakeProvisioner();
    const watched = law.watched(cloud);
    await watched.claim(request('a'));
    expect(cloud.asked).to.have.length(1);
    workspace = planned('False');
    expect(await refused(watched.claim(request('b')))).to.be.instanceOf(InvariantBroken);
    expect(cloud.asked).to.have.length(1);
    expect(read).to.deep.equal(['default/demo', 'default/demo']);
    expect(law.claims).to.equal(2);
  });

  for (const [what, workspace, message] of [
    [
      'has no status yet',
      planned(undefined),
      /claim a .* Workspace default\/demo, whose condition Planned is not True/,
    ],
    ['was refused by the planner', planned('False'), /whose condition Planned is not True/],
    ['does not exist', undefined, /which does not exist/],
  ] as const) {
    it(`stops a claim for a Workspace that ${what}, and fails the run although the operator would try again`, async () => {
      const law = new PlanBeforeSpend(() => workspace);
      law.verify();
      const cloud = new FakeProvisioner();
      expect(await refused(law.watched(cloud).claim(request('a')))).to.be.instanceOf(InvariantBroken);
      expect(cloud.asked).to.deep.equal([]);
      expect(law.broken).to.have.length(1);
      expect(() => law.verify()).to.throw(InvariantBroken, message);
    });
  }

  it('watches what a plugin connects, and leaves everything else of it alone, private fields too', async () => {
    class Private {
      #secret = 'mine';
      readonly name = 'private';
      offers = async () => [];
      async claim(): Promise<void> {}
      async observe() {
        return this.#secret as never;
      }
    }
    const plugin = { name: 'p', retired: 'warn', nodeSelector: () => ({ a: 'b' }), connect: () => new Private() };
    const law = new PlanBeforeSpend(() => planned('False'));
    const over = law.over(plugin as unknown as ProvisionerPlugin);
    expect([over.name, over.retired, over.nodeSelector({} as never)]).to.deep.equal(['p', 'warn', { a: 'b' }]);
    const connected: NodeProvisioner = over.connect({} as never);
    expect(await connected.observe({} as never)).to.equal('mine');
    expect(await refused(connected.claim(request('a')))).to.be.instanceOf(InvariantBroken);
  });
});
