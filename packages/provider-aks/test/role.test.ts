import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { AksWorld, T4 } from './support/aks-world.js';

const role = new URL('../role.json', import.meta.url);
const owner = { namespace: 'default', name: 'phi', uid: 'uid-phi' };

/** The action that Azure asks the role for, from method and path: the type of the resource, and what is done to it. */
function action(request: string): string {
  const [method = '', path = ''] = request.split(' ');
  const [provider = '', ...rest] = (path.split('/providers/')[1] ?? '').split('/');
  const types = rest.filter((_, i) => i % 2 === 0);
  const verb = { GET: 'read', PUT: 'write', DELETE: 'delete', POST: 'action' }[method];
  return [provider, ...types, verb].join('/');
}

describe('the Azure role in role.json', () => {
  it('allows what a claim, its observation and its release ask for, and not one action more', async () => {
    const world = await AksWorld.start();
    try {
      const provisioner = await world.connect();
      world.arm.failNext({ kind: 'stuck' });
      const request = { ...world.request, name: 'ws000000001', owner, instanceType: T4 };
      await provisioner.claim(request);
      await world.advance(10 * 60_000);
      for await (const claim of provisioner.owned()) expect(claim.name).to.equal(request.name);
      while ((await provisioner.release(request)) === 'going') await world.advance(60_000);
      const { Actions } = JSON.parse(await readFile(role, 'utf8'));
      expect([...new Set(world.arm.requests.map(action))].sort()).to.deep.equal([...Actions].sort());
    } finally {
      await world.stop();
    }
  });
});
