import assert from 'node:assert/strict';
import { definePlugin, plan, registerPlugins } from '@kaito-sdk/core';
import {
  aWorkspace,
  exampleCatalogs,
  exampleInstances,
  examplePresets,
  runtimeConformance,
} from '@kaito-sdk/core/testing';
import plugin from '../src/plugin.js';
import { EngineRuntime } from '../src/runtime.js';

const runtime = new EngineRuntime();

/** A runtime needs models beside it, which another plugin brings. */
const models = definePlugin({ name: 'models', apiVersion: '__API__', provides: ['presets'] }, (host) =>
  host.presets(examplePresets),
);

function planned(instanceType = 'gpu.small', preset = 'tiny') {
  const workspace = aWorkspace({ instanceType, preset, annotations: { 'kaito.sh/runtime': '__NAME__' } });
  return { workspace, decision: plan(workspace, { ...exampleCatalogs, runtimes: [runtime] }) };
}

/** What the runtime is asked about: a model on a machine, or on several. */
function need(nodes = 1) {
  const [instance] = exampleInstances.instances();
  const [preset] = examplePresets.models;
  assert.ok(instance && preset);
  return { workspace: aWorkspace(), preset, instance, nodes };
}

// Every rule of the contract: docs/reference/contracts/runtime.md of the SDK.
runtimeConformance('__NAME__', () => {
  const { workspace, decision } = planned();
  assert.ok(decision.feasible);
  return { runtime, supported: [need()], refused: [need(2)], plans: [[decision, workspace]] };
});

describe('the runtime', () => {
  it('is registered by its plugin', () => {
    const { runtimes } = registerPlugins([models, plugin]);
    assert.deepEqual(
      runtimes.map(({ name }) => name),
      ['__NAME__'],
    );
  });

  it('is planned for a model that fits, with the context that fits', () => {
    const { decision } = planned();
    assert.ok(decision.feasible, JSON.stringify(decision));
    assert.equal(decision.runtime.name, '__NAME__');
    assert.ok(decision.engine.contextLength >= 512);
  });

  it('is not planned for a model that does not fit, and the reason is memory', () => {
    const { decision } = planned('gpu.small', 'huge');
    assert.ok(!decision.feasible);
    assert.equal(decision.code, 'InsufficientMemory');
  });

  it('renders the same objects for the same Plan, bound to the nodes of their own Workspace', () => {
    const { decision } = planned();
    assert.ok(decision.feasible);
    assert.deepEqual(runtime.render(decision), runtime.render(decision));
    const deployment = runtime.render(decision).find(({ kind }) => kind === 'Deployment');
    assert.match(JSON.stringify(deployment), /example\.dev\/owner/);
  });

  it('waits for the engine, and is ready when it answers', () => {
    const { decision } = planned();
    assert.ok(decision.feasible);
    const objects = runtime.render(decision);
    assert.equal(runtime.assess({ plan: decision, objects, pods: [] }).state, 'waiting');
    const up = objects.map((one) => (one.kind === 'Deployment' ? { ...one, status: { readyReplicas: 1 } } : one));
    assert.equal(runtime.assess({ plan: decision, objects: up, pods: [] }).state, 'ready');
  });
});
