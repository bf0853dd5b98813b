import { admitWorkspace, warmUpAdmission } from '@kaito-sdk/core';
import { expect } from 'chai';

describe('warming admission up', () => {
  it('changes no answer, and may be done again', () => {
    const wrong = { apiVersion: 'kaito.sh/v1beta1', kind: 'Workspace', metadata: { name: 'W' }, resource: {} };
    const before = admitWorkspace(wrong);
    warmUpAdmission();
    warmUpAdmission();
    expect(before).not.to.deep.equal([]);
    expect(admitWorkspace(wrong)).to.deep.equal(before);
  });
});
