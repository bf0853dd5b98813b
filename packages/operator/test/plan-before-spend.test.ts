import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** What starts the reconciling of Workspaces: whoever calls one of these in a test has made a world in which something can be bought. */
const STARTS = /\b(kaitoOperator|workspaceController|reconcileWorkspace)\(/;

/** Where they are made, and the command of the product: the claims there are nobody's experiment. */
const PRODUCT = /^packages\/(core|operator)\/src\//;

/** This file, and a bench that composes an operator to measure just that and never starts it. */
const NO_WORLDS: ReadonlySet<string> = new Set([
  'packages/operator/test/plan-before-spend.test.ts',
  'bench/planner/first.mjs',
]);

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|dist|dist-test)\//.test(file));
}

describe('law 1 in every integration test of this repository', () => {
  const worlds = ['packages', 'e2e', 'examples', 'bench']
    .flatMap(sources)
    .filter((file) => !PRODUCT.test(file) && STARTS.test(readFileSync(join(root, file), 'utf8')))
    .filter((file) => !NO_WORLDS.has(file));

  it('has worlds to look at: those of core, of the operator, of AKS, of the quick start and of the real control plane', () => {
    expect(worlds).to.include.members([
      'packages/core/test/workspace/support/pass.ts',
      'packages/operator/test/support/world.ts',
      'packages/provider-aks/test/support/operator-world.ts',
      'packages/quickstart/src/quickstart.ts',
      'e2e/test/support/reference-operator.ts',
    ]);
  });

  for (const file of worlds) {
    it(`is watched in ${file}`, () => {
      expect(readFileSync(join(root, file), 'utf8')).to.match(/new PlanBeforeSpend\(/);
    });
  }
});
