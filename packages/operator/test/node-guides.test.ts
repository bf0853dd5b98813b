import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { admitWorkspace, plan, type Workspace } from '@kaito-sdk/core';
import { VirtualClock } from '@kaito-sdk/devcluster';
import { installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { expect } from 'chai';
import { parse } from 'yaml';
import { planning } from './support/planning.js';

const guides = ['karpenter', 'byo', 'aks'] as const;
const page = (name: string) => readFileSync(new URL(`../../../docs/guides/${name}.md`, import.meta.url), 'utf8');
const blocks = (name: string, language: string) =>
  [...page(name).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );

/** Commands of the guides that other tests run. */
const RUN = /^npm start -- --provisioner aks --once$/;

describe('the guides to where nodes come from', () => {
  for (const name of guides) {
    it(`have configurations that the operator takes: ${name}`, async () => {
      const configurations = blocks(name, 'yaml')
        .map((text) => parse(text) as object)
        .filter((object) => !('kind' in object));
      expect(configurations.length).to.be.greaterThan(0);
      const from = createRequire(import.meta.url).resolve('@kaito-sdk/operator');
      for (const raw of configurations) {
        const config = operatorConfig(raw, `docs/guides/${name}.md`);
        const { provisioner } = await installPlugins(config, from, new VirtualClock());
        expect(provisioner.name).to.equal(config.provisioner);
      }
    });

    it(`have Workspaces that make a Plan: ${name}`, async () => {
      const catalogs = await planning();
      for (const text of blocks(name, 'yaml')) {
        const object = parse(text) as Partial<Workspace>;
        if (object.kind === undefined) continue;
        expect(admitWorkspace(object)).to.deep.equal([]);
        expect(plan(object as Workspace, catalogs)).to.include({ feasible: true });
      }
    });

    it(`mark every command that no test runs: ${name}`, () => {
      for (const block of blocks(name, 'sh')) {
        const marked = /^ *# needs a (cloud|cluster)\n/.test(block);
        if (!marked) expect(block.trim()).to.match(RUN);
      }
    });
  }
});
