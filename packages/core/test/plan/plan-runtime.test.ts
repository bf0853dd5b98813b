import { gib, type InstanceType, type Runtime } from '@kaito-sdk/core';
import { expect } from 'chai';
import {
  aCatalog,
  anInstance,
  annotated,
  aRuntime,
  aWorkspace,
  catalogs,
  feasible,
  infeasible,
  PLAIN_DEMAND,
} from './fixtures.js';

const modern = aRuntime({
  name: 'aviary',
  preference: 20,
  supports: ({ instance }) =>
    (instance.gpu.computeCapability ?? 0) >= 8
      ? { supported: true, because: 'it is faster', warnings: [] }
      : { supported: false, reason: 'the GPU is too old', remedy: 'Choose a newer one' },
});
const classic = aRuntime({ name: 'nest', aliases: ['hollow'], preference: 10 });
const two = (...instances: readonly InstanceType[]) =>
  catalogs({
    runtimes: [classic, modern],
    instances: [
      aCatalog(
        ...(instances.length > 0
          ? instances
          : [anInstance('Small', { usd: 1 }), anInstance('Aged', { usd: 2, capability: 7 })]),
      ),
    ],
  });
const onAged = (annotations?: Record<string, string>) =>
  aWorkspace({ metadata: { name: 'songs', annotations }, resource: { instanceType: 'Aged', labelSelector: {} } });

describe('choosing a runtime', () => {
  it('takes the preferred one and says why', () => {
    expect(feasible(aWorkspace(), two()).runtime).to.deep.equal({ name: 'aviary', because: 'it is faster' });
  });

  it('falls back to the next, and keeps the reason', () => {
    const decision = feasible(onAged(), two());
    expect(decision.runtime.name).to.equal('nest');
    expect(decision.rejected).to.deep.equal([{ candidate: 'Aged with aviary', reason: 'the GPU is too old.' }]);
  });

  it('falls back when the preferred one needs more memory than there is', () => {
    const greedy: Runtime = { ...modern, sizing: () => ({ ...PLAIN_DEMAND, utilization: 0.1 }) };
    const decision = feasible(aWorkspace(), catalogs({ runtimes: [greedy, classic] }));
    expect(decision.runtime.name).to.equal('nest');
    expect(decision.rejected[0]?.candidate).to.equal('Small with aviary');
    expect(decision.rejected[0]?.reason).to.contain('can give 0.80 GiB');
  });

  it('does not depend on the order of registration', () => {
    const reversed = { ...two(), runtimes: [modern, classic] };
    expect(feasible(aWorkspace(), reversed)).to.deep.equal(feasible(aWorkspace(), two()));
  });

  for (const [why, value] of [
    ['name', 'nest'],
    ['alias', 'hollow'],
    ['name in another case', 'Nest'],
  ] as const) {
    it(`obeys the annotation, given a ${why}`, () => {
      const decision = feasible(annotated({ 'kaito.sh/runtime': value }), two());
      expect(decision.runtime.name).to.equal('nest');
      expect(decision.warnings).to.deep.equal([]);
    });
  }

  it('refuses an unknown name with the list', () => {
    expect(infeasible(annotated({ 'kaito.sh/runtime': 'avairy' }), two())).to.deep.include({
      code: 'UnknownRuntime',
      field: 'metadata.annotations[kaito.sh/runtime]',
      message: 'There is no runtime "avairy".',
      remedy:
        'Did you mean "aviary"? Installed are aviary, nest (also hollow); without the annotation the planner chooses.',
    });
  });

  it('refuses a named one that cannot do it, and offers to drop the name or to change the machine', () => {
    const refusal = infeasible(onAged({ 'kaito.sh/runtime': 'aviary' }), two());
    expect(refusal).to.deep.include({
      code: 'RuntimeUnsupported',
      field: 'metadata.annotations[kaito.sh/runtime]',
      message: 'the GPU is too old.',
    });
    expect(refusal.remedy).to.equal(
      'Choose a newer one. Remove the annotation kaito.sh/runtime: with nest it fits on Aged ($2 an hour in north). Or: Set resource.instanceType to Small ($1 an hour in north), the cheapest that fits.',
    );
  });

  it('offers to drop the name alone when no machine helps', () => {
    const given = two(anInstance('Aged', { usd: 2, capability: 7 }));
    const refusal = infeasible(annotated({ 'kaito.sh/runtime': 'aviary' }), given);
    expect(refusal.remedy).to.contain('Remove the annotation kaito.sh/runtime: with nest it fits on Aged');
  });

  it('tells every reason when none will do', () => {
    const refuses = (name: string): Runtime => ({
      ...classic,
      name,
      aliases: [],
      supports: () => ({ supported: false, reason: `${name} is out`, remedy: '' }),
    });
    const refusal = infeasible(aWorkspace(), catalogs({ runtimes: [refuses('b'), refuses('a')] }));
    expect(refusal.code).to.equal('RuntimeUnsupported');
    expect(refusal.message).to.equal('No runtime will do on Small. a: a is out. b: b is out.');
    expect(refusal.remedy).to.equal('No known instance type fits: choose a smaller model.');
  });

  it('says that too little memory is the trouble when one runtime could do it on a bigger GPU', () => {
    const big: Runtime = {
      ...classic,
      sizing: () => ({ ...PLAIN_DEMAND, fixed: [{ name: 'weights', bytes: gib(20), source: 'x' }] }),
    };
    const given = { ...two(anInstance('Aged', { capability: 7 })), runtimes: [modern, big] };
    expect(infeasible(onAged(), given).code).to.equal('InsufficientMemory');
  });

  it('is refused by name when nothing that serves is installed', () => {
    const refusal = infeasible(aWorkspace(), catalogs({ runtimes: [] }));
    expect(refusal).to.deep.include({
      code: 'NotSupported',
      field: 'inference',
      message: 'inference is not supported yet: no runtime for it is installed.',
      remedy: 'Install a package that provides a runtime for inference.',
    });
  });

  it('leaves the annotation out of what a tuning Workspace runs', () => {
    const tuner = aRuntime({ name: 'school', kind: 'tuning' });
    const workspace = {
      ...annotated({ 'kaito.sh/runtime': 'nest' }),
      inference: undefined,
      tuning: { preset: { name: 'sparrow-small-instruct' } },
    };
    const decision = feasible(workspace, catalogs({ runtimes: [tuner, classic] }));
    expect(decision.runtime.name).to.equal('school');
    expect(decision.warnings.map(({ code }) => code)).to.deep.equal(['AnnotationIgnored']);
  });
});
