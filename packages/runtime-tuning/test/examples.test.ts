import { readdirSync, readFileSync } from 'node:fs';
import { plan, workspaceFrom } from '@kaito-sdk/core';
import { expect } from 'chai';
import { parse } from 'yaml';
import { catalogs } from './fixtures.js';

const folder = new URL('../../../examples/fine-tuning/', import.meta.url);

describe('the tuning manifests among the examples', () => {
  for (const name of readdirSync(folder).filter((file) => file.startsWith('kaito_workspace_tuning'))) {
    for (const preset of ['phi-3-mini-4k-instruct', 'phi-3-mini-128k-instruct']) {
      it(`fit as they are written: ${name} with ${preset}`, () => {
        const text = readFileSync(new URL(name, folder), 'utf8')
          .replaceAll(/ACR_REGISTRY_SECRET_HERE/g, 'push')
          .replaceAll(/ACR_REPO_HERE/g, 'registry')
          .replaceAll(/IMAGE_NAME_HERE/g, 'adapter');
        const workspace = workspaceFrom(parse(text));
        const tuning = { ...workspace.tuning, preset: { name: preset } };
        expect(plan({ ...workspace, tuning } as never, catalogs())).to.include({ feasible: true, kind: 'tuning' });
      });
    }
  }
});
