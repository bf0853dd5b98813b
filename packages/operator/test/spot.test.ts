import { plan, workspaceFrom } from '@kaito-sdk/core';
import { expect } from 'chai';
import { planning } from './support/planning.js';

const workspace = workspaceFrom({
  apiVersion: 'kaito.sh/v1beta1',
  kind: 'Workspace',
  metadata: { name: 'demo' },
  resource: {
    instanceType: 'Standard_NC6s_v3',
    alternatives: [{ instanceType: 'Standard_NC4as_T4_v3', capacityType: 'spot' }],
    labelSelector: { matchLabels: { apps: 'demo' } },
  },
  inference: { preset: { name: 'phi-4-mini-instruct' } },
});
const cluster = { subscriptionId: '11111111-2222-3333-4444-555555555555', resourceGroup: 'g', clusterName: 'c' };
const configurations: Readonly<Record<string, object>> = {
  'agent pools of AKS': { provisioner: 'aks', config: { '@kaito-sdk/provider-aks': cluster } },
  'Karpenter on Azure': { config: { '@kaito-sdk/provider-karpenter': { profile: 'azure' } } },
};

describe('a rung for spot', () => {
  for (const [name, config] of Object.entries(configurations)) {
    it(`is climbed with ${name}, at the price on demand, which it does not exceed`, async () => {
      const decision = plan(workspace, await planning({ ...config }));
      if (!decision.feasible) throw new Error(decision.message);
      expect(decision.nodes).to.include({ instanceType: 'Standard_NC4as_T4_v3', capacityType: 'spot' });
      expect(decision.nodes.price?.usdPerHour).to.equal(0.526);
    });
  }

  it('is passed over with gpu-provisioner, which has none, and the Plan says so', async () => {
    const refusal = plan(workspace, await planning());
    if (refusal.feasible) throw new Error('it made a Plan');
    expect(refusal.rejected.at(-1)?.reason).to.equal(
      'karpenter gives on-demand nodes only, and spot ones are asked for.',
    );
  });
});
