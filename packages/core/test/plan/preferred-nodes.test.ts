import { nodeTerms } from '@kaito-sdk/core';
import { expect } from 'chai';
import { aWorkspace, catalogs, feasible, infeasible } from './fixtures.js';

const resource = { instanceType: 'Small', labelSelector: { matchLabels: { apps: 'songs' } } };
const taking = (selector: Readonly<Record<string, string>> = { taken: 'by-songs' }) => {
  const all = catalogs();
  return { ...all, provisioner: { ...all.provisioner, preferredNodes: () => selector } };
};
const planned = (...preferredNodes: readonly string[]) =>
  feasible(aWorkspace({ resource: { ...resource, count: 2, preferredNodes } }), taking());

describe('a Plan with preferred nodes', () => {
  it('names them once each, with the labels that they carry when they are taken', () => {
    expect(planned('b', 'a', 'b').nodes.preferred).to.deep.equal({
      names: ['b', 'a'],
      selector: { apps: 'songs', taken: 'by-songs' },
    });
  });

  it('is the Plan without them, but for that and the warning that its price counts all nodes as bought', () => {
    const { nodes, warnings, ...rest } = planned('a');
    const { preferred: _, ...others } = nodes;
    const without = planned();
    expect({ ...rest, nodes: others, warnings: without.warnings }).to.deep.equal(without);
    const message =
      'Of the nodes a those that will do are taken first, for nothing, and the price is that of buying all 2 nodes.';
    expect(warnings.filter((one) => !without.warnings.some(({ code }) => code === one.code))).to.deep.equal([
      { code: 'PreferredNodes', message },
    ]);
  });

  it('is refused where such nodes cannot be had, and where they are no names', () => {
    const workspace = (preferredNodes: unknown) => aWorkspace({ resource: { ...resource, preferredNodes } });
    expect(infeasible(workspace(['a']))).to.include({ code: 'NotSupported', field: 'resource.preferredNodes' });
    for (const odd of ['a', [1], [''], { a: 1 }])
      expect(infeasible(workspace(odd), taking())).to.include({ field: 'resource.preferredNodes' });
  });
});

describe('PREF-10: the nodes that pods may run on', () => {
  const term = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }));

  it('are those that were got, and of the preferred ones those that were taken', () => {
    const { nodes } = planned('a', 'b');
    const taken = term({ apps: 'songs', taken: 'by-songs' });
    const named = (name: string) => [{ key: 'metadata.name', operator: 'In', values: [name] }];
    expect(nodeTerms(nodes)).to.deep.equal([
      { matchExpressions: term(nodes.selector) },
      { matchExpressions: taken, matchFields: named('a') },
      { matchExpressions: taken, matchFields: named('b') },
    ]);
  });

  it('are told by one rule where all nodes are of that kind, and by none where there is no rule', () => {
    const { nodes } = planned('a');
    const alike = { ...nodes, preferred: { names: ['a'], selector: nodes.selector } };
    expect(nodeTerms(alike)).to.deep.equal([{ matchExpressions: term(nodes.selector) }]);
    expect(nodeTerms({ ...nodes, selector: {} })).to.deep.equal([]);
  });
});
