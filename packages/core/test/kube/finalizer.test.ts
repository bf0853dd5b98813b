import { ensureFinalizer, type KubeObject, RestClient, removeFinalizer } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { TestServer, WIDGETS } from '../engine/support/test-server.js';
import { widget } from '../engine/support/widgets.js';

describe('finalizers', () => {
  let server: TestServer;
  let client: RestClient;
  let object: KubeObject;

  beforeEach(async () => {
    const clock = new VirtualClock();
    server = await TestServer.start(clock);
    client = new RestClient({ transport: server, clock, random: () => 0 });
    object = await client.create(WIDGETS, {
      ...widget('a', 1),
      metadata: { name: 'a', namespace: 'default', finalizers: ['others.io/x'] },
    });
    server.writes.length = 0;
  });

  const finalizers = async () => (await server.at(WIDGETS, 'a'))?.metadata.finalizers;

  it('are added beside those of others, once', async () => {
    const after = await ensureFinalizer(client, WIDGETS, object, 'ex.io/teardown');
    expect(after.metadata.finalizers).to.deep.equal(['others.io/x', 'ex.io/teardown']);
    await ensureFinalizer(client, WIDGETS, after, 'ex.io/teardown');
    expect(server.writes).to.have.length(1);
  });

  it('are removed, ours only', async () => {
    const after = await ensureFinalizer(client, WIDGETS, object, 'ex.io/teardown');
    await removeFinalizer(client, WIDGETS, after, 'ex.io/teardown');
    expect(await finalizers()).to.deep.equal(['others.io/x']);
    await removeFinalizer(client, WIDGETS, object, 'ex.io/never-there');
    expect(server.writes).to.have.length(2);
  });

  it('do not undo what somebody else did to the list meanwhile', async () => {
    await client.merge(WIDGETS, 'default', 'a', { metadata: { finalizers: ['others.io/x', 'others.io/y'] } });
    await ensureFinalizer(client, WIDGETS, object, 'ex.io/teardown');
    expect(await finalizers()).to.deep.equal(['others.io/x', 'others.io/y', 'ex.io/teardown']);
    const stale = { ...object, metadata: { ...object.metadata, finalizers: ['ex.io/teardown'] } };
    await removeFinalizer(client, WIDGETS, stale, 'ex.io/teardown');
    expect(await finalizers()).to.deep.equal(['others.io/x', 'others.io/y']);
  });

  it('are not added to what is being deleted', async () => {
    await client.delete(WIDGETS, 'default', 'a');
    const going = (await server.at(WIDGETS, 'a')) as KubeObject;
    expect(await ensureFinalizer(client, WIDGETS, going, 'ex.io/teardown')).to.equal(going);
  });

  it('let an object go that is gone already, or that is another one by now', async () => {
    const mine = await ensureFinalizer(client, WIDGETS, object, 'ex.io/teardown');
    await client.merge(WIDGETS, 'default', 'a', { metadata: { finalizers: [] } });
    await client.delete(WIDGETS, 'default', 'a');
    await removeFinalizer(client, WIDGETS, mine, 'ex.io/teardown');
    await client.create(WIDGETS, {
      ...widget('a', 2),
      metadata: { name: 'a', namespace: 'default', finalizers: ['ex.io/teardown'] },
    });
    await removeFinalizer(client, WIDGETS, mine, 'ex.io/teardown');
    expect(await finalizers()).to.deep.equal(['ex.io/teardown']);
  });
});
