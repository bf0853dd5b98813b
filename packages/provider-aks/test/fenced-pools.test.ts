import { expect } from 'chai';
import type { AgentPoolApi } from '../dist/agent-pool-api.js';
import { fencedPools } from '../dist/fenced-pools.js';

describe('agent pools in a process that may have lost its lease', () => {
  const asked: string[] = [];
  const pools: AgentPoolApi = {
    get: async (name) => void asked.push(`get ${name}`),
    list: async () => {
      asked.push('list');
      return [];
    },
    create: async (name) => void asked.push(`create ${name}`),
    delete: async (name) => asked.push(`delete ${name}`) > 0,
    abort: async (name) => void asked.push(`abort ${name}`),
  };
  beforeEach(() => asked.splice(0));

  it('are looked at all the same', async () => {
    const fenced = fencedPools(pools, () => {
      throw new Error('not leading');
    });
    await fenced.get('ws1');
    await fenced.list();
    expect(asked).to.deep.equal(['get ws1', 'list']);
  });

  for (const [what, change] of [
    ['made', (fenced: AgentPoolApi) => fenced.create('ws1', {})],
    ['deleted', (fenced: AgentPoolApi) => fenced.delete('ws1')],
    ['interrupted', (fenced: AgentPoolApi) => fenced.abort('ws1')],
  ] as const) {
    it(`are not ${what} by one that does not lead`, async () => {
      const fenced = fencedPools(pools, () => {
        throw new Error('not leading');
      });
      const refused = await change(fenced).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(refused).to.equal('not leading');
      expect(asked).to.deep.equal([]);
    });

    it(`are ${what} by one that leads`, async () => {
      await change(fencedPools(pools, () => undefined));
      expect(asked).to.have.length(1);
    });
  }
});
