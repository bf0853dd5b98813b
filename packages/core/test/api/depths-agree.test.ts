import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { admitWorkspace, Workspace } from '../../dist/api/index.js';
import { type FieldError, validate } from '../../dist/resource/index.js';
import { cases } from './workspace-cases.js';

/*
 * The same Workspaces at three depths: what a real API server says with our CRD, what `validate` says in process, and what
 * admission says. The server's answers were recorded with the validation code of kube-apiserver 1.34 (k8s.io/apiextensions-apiserver
 * v0.34.4: pruning, defaulting, schema, list types, CEL); it took the CRD of the golden file without complaint.
 */
const server: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('../../test/api/server-answers.json', import.meta.url), 'utf8'),
);

/** `field Reason`. The server writes the keys of a map with a dot where built-in types, and we, use brackets. */
const said = (errors: readonly FieldError[]): string[] =>
  errors.map(({ field, reason }) => `${field.replace(/\[(?!\d+\])([^\]]+)\]/g, '.$1')} ${reason}`).sort();

describe('the depths of validation', () => {
  it('have an answer of the server for every case', () => {
    expect(Object.keys(server).sort()).to.deep.equal(cases.map(({ name }) => name).sort());
  });

  for (const { name, object, old, refused } of cases) {
    describe(name, () => {
      it('gets in process the answer of the API server, field by field', () => {
        expect(said(validate(Workspace, object, { old }))).to.deep.equal(server[name]);
      });

      it(refused.length === 0 ? 'is admitted' : `is refused for ${refused.join(', ')}`, () => {
        expect(
          admitWorkspace(object, old)
            .map(({ field }) => field)
            .sort(),
        ).to.deep.equal(refused);
      });

      it('is refused by admission wherever the schema refuses it', () => {
        const refusals = said(admitWorkspace(object, old));
        for (const answer of server[name] ?? []) expect(refusals).to.include(answer);
      });
    });
  }
});
