import type { ClaimState, ConnectedCluster, KubeObject } from '@kaito-sdk/core';
import {
  claimState,
  gpuProvisioner,
  inheritance,
  KarpenterProvisioner,
  machineForm,
  machineState,
  nodeClaimForm,
} from '@kaito-sdk/provider-karpenter';
import { expect } from 'chai';

/** A claim as KAITO's operator makes it: the labels are those of ours, and there is no mark of an owner. */
function foreign(annotations: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name: 'ws0123abcde',
      labels: { 'kaito.sh/workspace': 'phi', 'kaito.sh/workspacenamespace': 'default' },
      annotations: { 'karpenter.sh/do-not-disrupt': 'true', ...annotations },
    },
    spec: { requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['gpu.small'] }] },
  };
}

/** Everything that the leak hunt would look at, in a cluster that has these claims. */
async function hunted(form: typeof nodeClaimForm, ...items: KubeObject[]): Promise<ClaimState[]> {
  const informer = { addIndex: () => undefined };
  const cluster = { client: { list: async () => ({ items }) }, cache: { informer: () => informer } };
  const provisioner = new KarpenterProvisioner(cluster as unknown as ConnectedCluster, {
    profile: gpuProvisioner,
    form,
  });
  const found: ClaimState[] = [];
  for await (const claim of provisioner.owned()) found.push(claim);
  return found;
}

describe('a claim of KAITO’s operator', () => {
  for (const form of [nodeClaimForm, machineForm]) {
    it(`is nothing that this installation made, so the leak hunt does not see it: ${form.resource.kind}`, async () => {
      expect(await hunted(form, foreign())).to.deep.equal([]);
    });

    it(`is ours, and said to be inherited, once its owner is written on it: ${form.resource.kind}`, async () => {
      const [claim] = await hunted(form, foreign(inheritance('u-1')));
      expect(claim).to.include({ name: 'ws0123abcde', instanceType: 'gpu.small', inherited: true });
      expect(claim?.owner).to.deep.equal({ namespace: 'default', name: 'phi', uid: 'u-1' });
    });
  }

  it('is not inherited when we made it ourselves', () => {
    for (const state of [claimState, machineState]) {
      expect(state(foreign({ 'kaito-sdk.dev/owner-uid': 'u-1' }))).not.to.have.property('inherited');
    }
  });
});
