import { claimNames } from '@kaito-sdk/core';
import { expect } from 'chai';

const owner = { namespace: 'default', name: 'demo', uid: 'u1' };

describe('claim names', () => {
  it('follow the narrowest rule of the clouds', () => {
    for (const name of claimNames(owner, 'gpu.small', 50)) expect(name).to.match(/^[a-z][a-z0-9]{0,11}$/);
  });

  it('are the same in every process, and keep their meaning when the count grows', () => {
    expect(claimNames(owner, 'gpu.small', 2)).to.deep.equal(claimNames(owner, 'gpu.small', 3).slice(0, 2));
  });

  it('differ between ordinals, instance types, names, namespaces, and Workspaces of one name in turn', () => {
    const names = [
      ...claimNames(owner, 'gpu.small', 3),
      ...claimNames(owner, 'gpu.large', 1),
      ...claimNames({ ...owner, name: 'other' }, 'gpu.small', 1),
      ...claimNames({ ...owner, namespace: 'other' }, 'gpu.small', 1),
      ...claimNames({ ...owner, uid: 'u2' }, 'gpu.small', 1),
    ];
    expect(new Set(names).size).to.equal(names.length);
  });
});
