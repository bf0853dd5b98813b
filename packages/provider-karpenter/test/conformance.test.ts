import { readFileSync } from 'node:fs';
import { provisionerConformance, supportTable } from '@kaito-sdk/core/testing';
import { gpuProvisioner, profiles } from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';
import { karpenterWorld } from './support/karpenter-world.js';
import { unsupported } from './support/unsupported.js';

provisionerConformance('karpenter, NodeClaim for gpu-provisioner', () => karpenterWorld({ profile: gpuProvisioner }), {
  unsupported: unsupported['gpu-provisioner'],
});

for (const name of ['azure', 'aws', 'gcp', 'kwok']) {
  const profile = profiles[name]!;
  provisionerConformance(`karpenter, NodeClaim for ${profile.nodeClassRef.kind}`, () => karpenterWorld({ profile }), {
    unsupported: unsupported['Karpenter core'],
  });
}

for (const name of ['azure', 'aws', 'gcp', 'kwok']) {
  const profile = profiles[name]!;
  const title = `karpenter, static NodePool for ${profile.nodeClassRef.kind}`;
  provisionerConformance(title, () => karpenterWorld({ profile }, 'NodePool'), {
    unsupported: unsupported['static NodePool'],
  });
}

provisionerConformance('karpenter, Machine', () => karpenterWorld({ profile: gpuProvisioner }, 'Machine'), {
  unsupported: unsupported.Machine,
});

for (const [title, profile, object, lacks] of [
  ['NodeClaim', gpuProvisioner, 'NodeClaim', 'gpu-provisioner'],
  ['static NodePool', profiles.kwok!, 'NodePool', 'static NodePool'],
] as const) {
  const world = () => karpenterWorld({ profile, preferring: true }, object);
  provisionerConformance(`karpenter, ${title} beside preferred nodes`, world, { unsupported: unsupported[lacks] });
}

describe('the README of the Karpenter provider', () => {
  it('has the support table that the suite makes', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).to.include(supportTable(unsupported));
  });
});
