import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { widgetCrd } from '../../packages/devcluster/dist-test/conformance/api.js';
import { type BothServers, bothServers } from '../dist/fuzz/both-servers.js';
import { episode } from '../dist/fuzz/episode.js';
import { EPISODE, fuzz } from '../dist/fuzz/fuzz.js';
import { known } from '../dist/fuzz/known.js';
import { fuzzedKinds } from '../dist/fuzz/objects.js';

const kinds = Object.keys(fuzzedKinds);

describe('random requests', () => {
  let servers: BothServers;
  before(async () => {
    servers = await bothServers(widgetCrd());
  });
  after(() => servers?.stop());

  it('are the same for the same seed', () => {
    expect(episode(7, EPISODE, kinds, 'n')).to.deep.equal(episode(7, EPISODE, kinds, 'n'));
    expect(episode(7, EPISODE, kinds, 'n').steps).to.not.deep.equal(episode(8, EPISODE, kinds, 'n').steps);
  });

  for (const plural of kinds) {
    it(`about ${plural} are answered by devcluster as by kube-apiserver, but for what is known`, async () => {
      const { real, ours } = servers;
      const report = await fuzz({ real, ours, seed: 1, steps: 250, kinds: [plural], prefix: `fuzz-${plural}` });
      expect(report.finds).to.deep.equal([]);
      expect(report.steps).to.be.at.least(250);
    });
  }

  it('find a server that answers otherwise, with the fewest requests that show it', async () => {
    const { real, ours } = servers;
    const broken: typeof ours = {
      request: async (request) => {
        const answer = await ours.request(request);
        return request.method === 'DELETE' && answer.status === 200 ? { ...answer, status: 202 } : answer;
      },
    };
    const options = { seed: 1, steps: EPISODE, kinds: ['configmaps'], prefix: 'fuzz-broken' };
    const [find] = (await fuzz({ real, ours: broken, ...options })).finds;
    expect(find?.steps.at(-1)?.method).to.equal('DELETE');
    expect(find?.steps).to.have.length(2);
    expect(find?.differences).to.deep.equal([{ at: '.status', real: 200, ours: 202 }]);
  });

  it('leave out what is known, and the documentation lists it', () => {
    const page = readFileSync(new URL('../../docs/reference/devcluster.md', import.meta.url), 'utf8');
    for (const { because } of known) expect(page).to.include(`- ${because}`);
  });
});
