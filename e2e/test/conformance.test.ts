import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Api } from '../../packages/devcluster/dist-test/conformance/api.js';
import { conformance } from '../../packages/devcluster/dist-test/conformance/conformance.js';
import { conformanceTarget } from '../dist/conformance-target.js';
import { ControlPlane } from '../dist/control-plane.js';

const page = readFileSync(new URL('../../docs/reference/devcluster.md', import.meta.url), 'utf8');

describe('kube-apiserver', () => {
  let plane: ControlPlane;
  const leftOut = new Map<string, string>();

  before(async () => {
    plane = await ControlPlane.start();
  });
  after(() => plane?.stop());

  conformance({
    start: async () => {
      const target = conformanceTarget(plane);
      await target.empty();
      return Api.start(target);
    },
    ownOnly: (title, because) => leftOut.set(title, because),
  });

  it('is not asked the few cases that reach inside a server, which the documentation lists', () => {
    const listed = [...page.matchAll(/^- (.+): only on devcluster, (.+)\.$/gm)].map(([, title, because]) => [
      title,
      because,
    ]);
    expect(listed).to.deep.equal([...leftOut]);
  });
});
