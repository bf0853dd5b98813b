import { gib, plan } from '@kaito-sdk/core';
import { expect } from 'chai';
import {
  aCatalog,
  anInstance,
  aRuntime,
  aWorkspace,
  catalogs,
  feasible,
  infeasible,
  PLAIN_DEMAND,
} from './fixtures.js';

const BYPASS = 'kaito.sh/bypass-resource-checks';

function bypassing(value: string, resource: Readonly<Record<string, unknown>> = { instanceType: 'Tiny' }) {
  return aWorkspace({
    metadata: { name: 'songs', namespace: 'garden', annotations: { [BYPASS]: value } },
    resource: { labelSelector: { matchLabels: { apps: 'songs' } }, ...resource },
  });
}

/** Half a GiB less than the weights, 900 of the 1,000 tokens that are worth a start, and one that fits. */
const given = catalogs({
  instances: [
    aCatalog(
      anInstance('Tiny', { gpuGib: 0.5, usd: 1 }),
      anInstance('Short', { gpuGib: 1 + 900 / 1024, usd: 2 }),
      anInstance('Fine', { gpuGib: 8, usd: 3 }),
    ),
  ],
});

describe('the annotation that bypasses the check of GPU memory', () => {
  it('is needed: without it the machine is refused', () => {
    expect(infeasible(aWorkspace({ resource: { instanceType: 'Tiny', labelSelector: {} } }), given).code).to.equal(
      'InsufficientMemory',
    );
  });

  for (const value of ['true', 'false', '']) {
    it(`counts by its presence: "${value}" makes a Plan, with a warning that says what lacks and what it will cost`, () => {
      const { warnings, nodes, engine, memory } = feasible(bypassing(value), given);
      expect(nodes.instanceType).to.equal('Tiny');
      expect(engine.contextLength).to.equal(1000);
      expect(memory.neededBytes).to.be.above(memory.usableBytes);
      expect(warnings).to.deep.equal([
        {
          code: 'ResourceChecksBypassed',
          message:
            'sparrow-small-instruct with nest needs 1.98 GiB on each GPU for a context of 1000 tokens, and a NVIDIA B1 of Tiny can give 0.50 GiB of its 0.50 GiB. The annotation kaito.sh/bypass-resource-checks lets it be tried all the same: expect the engine to run out of memory on a node that is paid for.',
        },
      ]);
    });
  }

  it('starts with the context that does fit, where one does', () => {
    expect(feasible(bypassing('true', { instanceType: 'Short' }), given).engine.contextLength).to.equal(900);
  });

  it('changes nothing where the model fits, and is not called ignored', () => {
    const plain = feasible(
      aWorkspace({ resource: { instanceType: 'Fine', labelSelector: { matchLabels: { apps: 'songs' } } } }),
      given,
    );
    expect(feasible(bypassing('true', { instanceType: 'Fine' }), given)).to.deep.equal(plain);
  });

  it('never makes a machine that does not fit the cheapest one', () => {
    expect(feasible(bypassing('true', {}), given).nodes.instanceType).to.equal('Fine');
    const unfitting = { ...given, instances: [aCatalog(anInstance('Tiny', { gpuGib: 0.5, usd: 1 }))] };
    expect(infeasible(bypassing('true', {}), unfitting).code).to.equal('InsufficientMemory');
  });

  it('prefers an engine that fits to a better one that does not', () => {
    const greedy = aRuntime({
      name: 'aviary',
      preference: 99,
      sizing: () => ({ ...PLAIN_DEMAND, fixed: [{ name: 'weights', bytes: gib(70), source: 'a figure' }] }),
    });
    const both = { ...given, runtimes: [greedy, aRuntime()] };
    expect(feasible(bypassing('true', { instanceType: 'Fine' }), both).runtime.name).to.equal('nest');
    expect(feasible(bypassing('true', { instanceType: 'Tiny' }), both).runtime.name).to.equal('aviary');
  });

  it('is about memory only: disk, price, engine and retirement are checked as ever', () => {
    const code = (overrides: Parameters<typeof anInstance>[2], resource = {}, runtimes = given.runtimes) => {
      const instances = [aCatalog(anInstance('Tiny', { gpuGib: 0.5, usd: 1 }, overrides))];
      const decision = plan(bypassing('true', { instanceType: 'Tiny', ...resource }), {
        ...given,
        instances,
        runtimes,
      });
      return decision.feasible ? 'Plan' : decision.code;
    };
    const never = aRuntime({ supports: () => ({ supported: false, reason: 'it cannot', remedy: 'Choose another.' }) });
    expect(code({})).to.equal('Plan');
    expect(code({ diskBytes: gib(10) })).to.equal('InsufficientDisk');
    expect(code({}, { priceLimit: 0.5 })).to.equal('PriceLimitExceeded');
    expect(code({}, {}, [never])).to.equal('RuntimeUnsupported');
    expect(code({ retiredOn: '2020-01-01' })).to.equal('InstanceTypeRetired');
  });
});
