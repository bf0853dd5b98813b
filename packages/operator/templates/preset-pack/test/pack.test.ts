import assert from 'node:assert/strict';
import { plan, presetPackErrors, registerPlugins, systemClock } from '@kaito-sdk/core';
import { aWorkspace } from '@kaito-sdk/core/testing';
import { installPlugins, operatorConfig } from '@kaito-sdk/operator';
import { pack } from '../src/pack.js';
import plugin from '../src/plugin.js';

describe('the pack', () => {
  it('holds what presets must hold', () => {
    assert.deepEqual(presetPackErrors(pack), []);
  });

  it('is registered by its plugin', () => {
    const { presets } = registerPlugins([plugin]);
    assert.deepEqual(
      presets.map(({ name }) => name),
      ['__NAME__'],
    );
  });

  for (const { name } of pack.models) {
    it(`has a machine that ${name} fits on`, async () => {
      const installed = await installPlugins(operatorConfig({}, 'the test'), import.meta.filename, systemClock);
      const catalogs = { ...installed.catalogs(), presets: [pack] };
      const workspace = aWorkspace({ preset: name, instanceType: 'Standard_NC24ads_A100_v4' });
      const decision = plan(workspace, catalogs);
      assert.ok(decision.feasible, JSON.stringify(decision));
    });
  }
});
