import { FakeProvisioner } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { NODE_CLAIMS, phiWorkspace, WORKSPACES, World } from './support/world.js';

describe('a ladder on a cluster', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.stop());

  const laddered = (resource: Readonly<Record<string, unknown>>) => {
    const workspace = phiWorkspace();
    return { ...workspace, resource: { ...(workspace as unknown as { resource: object }).resource, ...resource } };
  };

  it('makes the model ready on the rung that fits, and keeps the reasons for the others in status.plan', async () => {
    world = await World.start();
    await world.operate();
    const alternatives = [
      { instanceType: 'Standard_NC6' },
      { capacityType: 'spot' },
      { instanceType: 'Standard_NC8as_T4_v3' },
    ];
    await world.apply(laddered({ instanceType: 'Standard_NV6', alternatives, priceLimit: 2 }) as never);
    await world.untilReady();
    const { plan } = (await world.workspace())?.status ?? {};
    expect(plan?.feasible && plan.nodes.instanceType).to.equal('Standard_NC8as_T4_v3');
    expect(plan?.rejected.slice(0, 3).map(({ candidate }) => candidate)).to.deep.equal([
      'Standard_NV6',
      'Standard_NC6',
      'any instance type, spot',
    ]);
    expect(await world.names(NODE_CLAIMS)).to.have.length(1);
  });

  it('asks for nothing above the price limit, and names the limit in condition Planned', async () => {
    world = await World.start();
    await world.operate();
    await world.apply(laddered({ instanceType: 'Standard_NC24ads_A100_v4', priceLimit: 3 }) as never);
    await world.clock.advance(600_000);
    expect(await world.condition('Planned')).to.deep.include({ status: 'False', reason: 'PriceLimitExceeded' });
    expect((await world.condition('Planned'))?.message).to.match(
      /^resource\.priceLimit: Standard_NC24ads_A100_v4 costs \$3\.673 an hour in eastus, above the limit of \$3\./,
    );
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
  });

  it('is refused by the API server itself where it is malformed', async () => {
    world = await World.start();
    const wrong = laddered({ alternatives: [{ capacityType: 'borrowed' }] });
    const error = await world.cluster.client.create(WORKSPACES, wrong as never).catch((one: Error) => one);
    expect(String(error)).to.match(/resource\.alternatives\[0\]\.capacityType/);
  });
});

describe('the world that tests run in', () => {
  it('does not stop in peace once a claim was made for a Workspace without a Plan', async () => {
    const world = await World.start();
    await world.cluster.client.create(WORKSPACES, phiWorkspace() as never);
    const tooEarly = world.law.watched(new FakeProvisioner()).claim({
      name: 'early',
      owner: { namespace: 'default', name: 'demo', uid: 'u' },
    } as never);
    expect(await failure(tooEarly)).to.match(
      /claim early was asked for by Workspace default\/demo, whose condition Planned/,
    );
    expect(await failure(world.stop())).to.match(/^plan before spend: claim early was asked for/);
  });
});

async function failure(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: Error) => error.message,
  );
}
