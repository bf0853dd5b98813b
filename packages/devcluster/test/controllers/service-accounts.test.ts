import { type KubeObject, kinds } from '@kaito-sdk/devcluster';
import { expect } from 'chai';
import { World } from '../support/world.js';

describe('service accounts', () => {
  it('are there as `default` in each namespace, come back when deleted, and go with it', async () => {
    const world = await World.start();
    try {
      expect(await world.find(kinds.serviceAccounts, 'default', 'default')).to.not.equal(undefined);
      const team: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
      await world.created(kinds.namespaces, team);
      const first = await world.get(kinds.serviceAccounts, 'default', 'team');
      await world.deleted(kinds.serviceAccounts, first);
      const second = await world.get(kinds.serviceAccounts, 'default', 'team');
      expect(second.metadata.uid).to.not.equal(first.metadata.uid);
      await world.deleted(kinds.namespaces, team);
      expect(await world.find(kinds.serviceAccounts, 'default', 'team')).to.equal(undefined);
      expect(await world.find(kinds.namespaces, 'team', undefined)).to.equal(undefined);
      expect(world.failures).to.deep.equal([]);
    } finally {
      await world.stop();
    }
  });
});
