import { readFile } from 'node:fs/promises';
import { provisionerConformance, supportTable } from '@kaito-sdk/core/testing';
import { expect } from 'chai';
import { AksWorld } from './support/aks-world.js';

provisionerConformance('aks, agent pools', () => AksWorld.start());
provisionerConformance('aks, agent pools beside preferred nodes', async () => (await AksWorld.start()).preferring());

describe('the support table in the README', () => {
  it('is the one that the conformance suite makes', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).to.contain(supportTable({ aks: {} }));
  });
});
