import { requestFacts } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { CutWatches } from './support/cut-watches.js';
import { NODE_CLAIMS, phiWorkspace, WORKSPACES, World } from './support/world.js';

const MINUTE = 60_000;

describe('a Workspace whose finalizer was taken away, in virtual time', function () {
  this.timeout(120_000);
  let world: World;
  /** How late the operator hears of what happens. */
  let lagMs: number;
  beforeEach(async () => {
    world = await World.start();
    lagMs = 0;
    const watches = new CutWatches(world.clock);
    world.between = (transport) => ({
      request: async (request) => {
        const response = await transport.request(request);
        const { verb } = requestFacts(request);
        return verb === 'watch' ? watches.over(response, request.signal, { lagMs: () => lagMs }) : response;
      },
    });
    await world.operate();
    await world.apply(phiWorkspace());
    await world.untilReady();
  });
  afterEach(() => world.stop());

  const finalizers = async () => (await world.workspace())?.metadata.finalizers ?? [];
  const running = () => world.cluster.karpenter!.meter.bill().lines.filter((line) => line.running);

  /** As `kubectl replace -f FILE` writes it: what the file does not say is gone. */
  const replace = () => world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null } });

  it('gets it back, for only by it are the nodes given back', async () => {
    await replace();
    await world.clock.settle();
    expect(await finalizers()).to.deep.equal(['workspace.finalizer.kaito.sh']);
    await world.delete();
    await world.untilGone();
    expect(await world.remains()).to.deep.equal([]);
  });

  it('gets it back also where it cannot be planned any more', async () => {
    const resource = { instanceType: 'Standard_NC6s_v4' };
    await world.cluster.client.merge(WORKSPACES, 'default', 'demo', { metadata: { finalizers: null }, resource });
    await world.clock.settle();
    expect(await world.condition('Planned')).to.include({ status: 'False' });
    expect(await finalizers()).to.deep.equal(['workspace.finalizer.kaito.sh']);
  });

  it('leaves no node on the bill where it was gone before that', async () => {
    lagMs = 1000;
    await replace();
    await world.delete();
    expect(await world.workspace(), 'nothing held it').to.equal(undefined);
    await world.clock.advance(2 * MINUTE);
    expect(await world.names(NODE_CLAIMS)).to.deep.equal([]);
    expect(running()).to.deep.equal([]);
  });

  it('leaves none either where another one of its name was made at once, and takes none of that one’s', async () => {
    const [before] = await world.names(NODE_CLAIMS);
    lagMs = 1000;
    await replace();
    await world.delete();
    await world.apply(phiWorkspace());
    await world.untilReady();
    expect(await world.names(NODE_CLAIMS))
      .to.have.length(1)
      .and.not.include(before);
    expect(running()).to.have.length(1);
  });
});
