import { expect } from 'chai';
import { claimsWithoutPlan, type SeenWrite } from '../../dist/testing/unplanned-claims.js';

const at = '2026-01-01T00:00:00Z';

function workspace(name: string, planned?: 'True' | 'False', verb = 'update'): SeenWrite {
  const conditions = planned
    ? [{ type: 'Planned', status: planned, reason: 'R', message: '', lastTransitionTime: at }]
    : [];
  return { verb, object: { kind: 'Workspace', metadata: { name, namespace: 'default' }, status: { conditions } } };
}

function claim(name: string, owner?: string, verb = 'create', kind = 'NodeClaim'): SeenWrite {
  const labels: Record<string, string> = owner
    ? { 'kaito.sh/workspace': owner, 'kaito.sh/workspacenamespace': 'default' }
    : {};
  return { verb, object: { kind, metadata: { name, labels } } };
}

describe('the check that nothing is bought without a Plan', () => {
  it('is content with claims after Planned=True, of each Workspace by itself', () => {
    const journal = [workspace('a', undefined, 'create'), workspace('a', 'True'), claim('c1', 'a'), claim('c2', 'a')];
    expect(claimsWithoutPlan(journal)).to.deep.equal([]);
  });

  it('finds a claim before the Plan, one after it was taken back, and one of another Workspace', () => {
    const journal = [
      workspace('a', undefined, 'create'),
      claim('early', 'a'),
      workspace('a', 'True'),
      claim('fine', 'a'),
      workspace('a', 'False'),
      claim('late', 'a'),
      claim('other', 'b'),
    ];
    expect(claimsWithoutPlan(journal)).to.deep.equal([
      'NodeClaim early was created for Workspace default/a, which is not planned',
      'NodeClaim late was created for Workspace default/a, which is not planned',
      'NodeClaim other was created for Workspace default/b, which was never seen with a status',
    ]);
  });

  it('leaves alone what is nobody’s, what is only changed, and what costs nothing', () => {
    expect(
      claimsWithoutPlan([claim('x'), claim('x', 'a', 'update'), claim('x', 'a', 'create', 'Pod'), { verb: 'delete' }]),
    ).to.deep.equal([]);
  });

  it('takes other kinds and labels, for other clouds', () => {
    const object = { kind: 'Pool', metadata: { name: 'p', labels: { owner: 'a', in: 'default' } } };
    const options = { kinds: ['Pool'], name: 'owner', namespace: 'in' };
    expect(claimsWithoutPlan([{ verb: 'create', object }], options)).to.have.length(1);
    expect(claimsWithoutPlan([workspace('a', 'True'), { verb: 'create', object }], options)).to.deep.equal([]);
  });
});
