import { readFileSync } from 'node:fs';
import { memoryWorld, proveRule, provisionerRules, supportTable } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { mutations } from './provisioner-mutations.js';

describe('the provisioner suite, against provisioners with a fault', () => {
  const caught: string[] = [];

  for (const [fault, Mutation] of Object.entries(mutations)) {
    it(`tells one that ${fault}`, async () => {
      const broken: string[] = [];
      for (const rule of provisionerRules) {
        const proof = proveRule(rule, async () => memoryWorld((cloud) => new Mutation(cloud)));
        await proof.catch(() => broken.push(rule.id));
      }
      if (broken.length > 0) caught.push(fault);
      expect(broken, 'rules that notice').to.not.deep.equal([]);
    });
  }

  it('notices all twenty', () => {
    expect(Object.keys(mutations)).to.have.length(20);
    expect(caught).to.have.members(Object.keys(mutations));
  });
});

describe('the rules of the provisioner contract', () => {
  it('have ids of their own', () => {
    const ids = provisionerRules.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^PROV-\d\d$/);
  });

  it('are the rows of the contract page, word for word', () => {
    const page = readFileSync(new URL('../../../../docs/reference/contracts/provisioner.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| PROV-'));
    expect(rows).to.deep.equal(provisionerRules.map(({ id, title }) => `| ${id} | ${title} |`));
  });

  it('make a support table that names what is not supported, and refuse an id that does not exist', () => {
    const table = supportTable({ acme: { 'PROV-07': 'acme has no spot machines' } });
    expect(table).to.match(/\| PROV-07 \| .* \| no: acme has no spot machines \|/);
    expect(table).to.match(/\| PROV-01 \| .* \| yes \|/);
    expect(() => supportTable({ acme: { 'PROV-99': '' } })).to.throw(/PROV-99/);
  });
});
