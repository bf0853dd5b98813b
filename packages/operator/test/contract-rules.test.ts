import { existsSync, readFileSync } from 'node:fs';
import { admitWorkspace, type Catalogs, plan, validate, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import { type Breach, contractRules } from './support/contract-rules.js';
import { golden, planning } from './support/planning.js';

const root = new URL('../../../', import.meta.url);
const fieldsOf = (errors: readonly { readonly field: string }[]): readonly string[] => errors.map(({ field }) => field);
const title = ({ object, old, field }: Breach): string =>
  `${field}: ${JSON.stringify(field.split('.').reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], object) ?? null)}${old ? ' after a change' : ''}`;

describe('the rules by which KAITO refuses a Workspace', () => {
  let catalogs: Catalogs;
  before(async () => {
    catalogs = await planning();
  });

  for (const rule of contractRules) {
    describe(`${rule.id}: ${rule.says}`, () => {
      if (rule.at === 'schema' || rule.at === 'admission') {
        for (const breach of rule.breaches) {
          it(`${rule.at} refuses ${title(breach)}, and so does the controller`, () => {
            const { object, old, field } = breach;
            const errors = admitWorkspace(object, old);
            expect(fieldsOf(errors)).to.include(field);
            for (const { message } of errors) expect(message).to.match(/^\S.+[^.\s]$/);
            if (rule.at === 'schema') expect(fieldsOf(validate(Workspace, object, { old }))).to.include(field);
            // The controller asks again, and knows no old object.
            if (old === undefined) expect(admitWorkspace(object)).not.to.deep.equal([]);
          });
        }
      } else if (rule.at === 'planner') {
        for (const breach of rule.breaches) {
          it(`the planner refuses ${title(breach)}, with a way out`, () => {
            expect(admitWorkspace(breach.object)).to.deep.equal([]);
            const refusal = plan(breach.object as unknown as Workspace, catalogs);
            if (refusal.feasible) throw new Error('it made a Plan');
            expect([refusal.code, refusal.field]).to.deep.equal([breach.code, breach.field]);
            expect(refusal.message).to.match(/\.$/);
            expect(refusal.remedy).to.match(/^\S.+[.?]$/);
          });
        }
      } else if (rule.at === 'rolls out') {
        for (const { object, old } of rule.changes) {
          it(`lets ${JSON.stringify((object as { resource?: object }).resource)} come after another, for it rolls out`, () => {
            expect(admitWorkspace(object, old)).to.deep.equal([]);
          });
        }
      } else if (rule.at === 'before the node') {
        it(`is shown by ${rule.shownBy.file}`, () => {
          const file = new URL(rule.shownBy.file, root);
          expect(existsSync(file)).to.equal(true);
          expect(readFileSync(file, 'utf8')).to.include(rule.shownBy.title);
        });
      } else {
        it('is met otherwise, and the reference says how', () => {
          expect(rule.note).to.match(/^\S.{20,}[^.]$/);
        });
      }
    });
  }

  it('are all here', () => {
    const numbers = (era: string) =>
      new Set(
        contractRules
          .flatMap(({ id }) => [...id.matchAll(/(0\.3|head)-(\d+)/g)])
          .filter(([, found]) => found === era)
          .map(([, , number]) => Number(number)),
      );
    const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
    expect([...numbers('0.3')].sort((a, b) => a - b)).to.deep.equal(upTo(22));
    expect([...numbers('head')].sort((a, b) => a - b)).to.deep.equal(upTo(26));
  });

  it('stand in the reference, each with where it is looked at', () => {
    const where = {
      schema: 'CRD, admission, controller',
      admission: 'admission, controller',
      planner: 'planner',
      'rolls out': 'allowed: it rolls out',
      'before the node': 'before a node is asked for',
      otherwise: 'otherwise',
    };
    const rows = contractRules.map(({ id, says, at, note }) => `| ${id} | ${says} | ${where[at]} | ${note ?? ''} |`);
    const text = `${['| rule | says | here | |', '| --- | --- | --- | --- |', ...rows].join('\n')}\n`;
    golden(new URL('docs/reference/workspace-api.md', root), text, 'rules of KAITO');
  });
});
