import { withWorkspaceDefaults } from '@kaito-sdk/operator';
import { expect } from 'chai';

const defaults = { instanceType: 'Standard_NC4as_T4_v3', priceLimit: 4 };

describe('the defaults of an installation', () => {
  it('fill in what a Workspace does not say', () => {
    expect(withWorkspaceDefaults({ resource: { count: 2 } }, defaults)).to.deep.equal({
      resource: { count: 2, instanceType: 'Standard_NC4as_T4_v3', priceLimit: 4 },
    });
  });

  it('leave what it says, and then the very same object', () => {
    const workspace = { resource: { instanceType: 'Standard_NC24ads_A100_v4', priceLimit: 9 } };
    expect(withWorkspaceDefaults(workspace, defaults)).to.equal(workspace);
    expect(withWorkspaceDefaults({ resource: {} }, {})).to.deep.equal({ resource: {} });
  });

  it('count an empty text as nothing said', () => {
    expect(withWorkspaceDefaults({ resource: { instanceType: '' } }, { instanceType: 'x' })).to.deep.equal({
      resource: { instanceType: 'x' },
    });
  });

  it('leave alone what is no Workspace', () => {
    for (const odd of [{}, { resource: null }, { resource: [] }, { resource: 'x' }])
      expect(withWorkspaceDefaults(odd, defaults)).to.equal(odd);
  });
});
