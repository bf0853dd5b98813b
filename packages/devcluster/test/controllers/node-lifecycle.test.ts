import { kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { aPod, World } from '../support/world.js';

describe('the node lifecycle', () => {
  let world: World;
  afterEach(() => world.stop());

  const setReady = async (status: string) => {
    const patch = {
      status: { conditions: [{ type: 'Ready', status, reason: 'Test', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
    };
    await world.cluster.client.merge(kinds.nodes, undefined, 'node-1', patch, 'status');
    await world.cluster.settled();
    return (await world.get(kinds.nodes, 'node-1', undefined)).spec?.taints ?? [];
  };

  it('taints a node that is not ready and clears it when it is again', async () => {
    world = await World.start();
    expect(await setReady('False')).to.deep.equal([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    expect(await setReady('Unknown')).to.deep.equal([{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }]);
    expect(await setReady('True')).to.deep.equal([]);
  });

  it('does not declare a node lost that never sends a heartbeat', async () => {
    world = await World.start();
    await world.advance(24 * 3600);
    expect((await world.get(kinds.nodes, 'node-1', undefined)).spec?.taints).to.equal(undefined);
  });

  it('lets a bare Node, made by hand, take pods', async () => {
    world = await World.start({ nodes: [] });
    await world.created(kinds.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'bare' } });
    await world.created(kinds.pods, aPod('a'));
    expect((await world.get(kinds.pods, 'a')).spec.nodeName).to.equal('bare');
  });

  it('removes the pods of a node that is gone', async () => {
    world = await World.start({ nodes: [{ name: 'only' }] });
    await world.created(kinds.pods, aPod('a'));
    await world.deleted(kinds.nodes, await world.get(kinds.nodes, 'only', undefined));
    expect(await world.pods()).to.deep.equal([]);
  });

  it('removes a deleted pod of a node without a kubelet once its grace period is over', async () => {
    world = await World.start({ nodes: [{ name: 'only', kubelet: 'none' }] });
    const pod = await world.created(kinds.pods, aPod('a'));
    await world.deleted(kinds.pods, pod);
    await world.advance(29);
    expect(await world.podNames()).to.deep.equal(['a']);
    await world.advance(3);
    expect(await world.podNames()).to.deep.equal([]);
  });
});
