import type { ResourceKind } from '@kaito-sdk/core';

/** Kinds of KAITO and of Karpenter that a takeover looks at and the SDK has no name for. Any may be missing in a cluster. */
const kind = (group: string, version: string, kind: string, plural: string, namespaced: boolean): ResourceKind => ({
  group,
  version,
  kind,
  plural,
  namespaced,
});

export const INFERENCE_SETS = kind('kaito.sh', 'v1beta1', 'InferenceSet', 'inferencesets', true);
export const INFERENCE_SETS_V1ALPHA1 = kind('kaito.sh', 'v1alpha1', 'InferenceSet', 'inferencesets', true);
export const RAG_ENGINES = kind('kaito.sh', 'v1beta1', 'RAGEngine', 'ragengines', true);
export const NODE_POOLS = kind('karpenter.sh', 'v1', 'NodePool', 'nodepools', false);
export const NODE_CLAIMS = kind('karpenter.sh', 'v1', 'NodeClaim', 'nodeclaims', false);
export const NODE_CLAIMS_V1BETA1 = kind('karpenter.sh', 'v1beta1', 'NodeClaim', 'nodeclaims', false);
export const MACHINES = kind('karpenter.sh', 'v1alpha5', 'Machine', 'machines', false);

/** The lease of KAITO's operator, of v0.3 and of head. */
export const KAITO_LEASE = 'ef60f9b0.io';

/** The validating webhooks of KAITO's operator: `validation.workspace.kaito.sh` and its like. */
export const KAITO_WEBHOOK = /^validation\.[a-z]+\.kaito\.sh$/;

export const INFERENCE_SET_FINALIZER = 'inferenceset.finalizer.kaito.sh';

/** On NodePools that KAITO made in its Karpenter mode. */
export const KAITO_POOL = {
  workspace: 'karpenter.kaito.sh/workspace-name',
  namespace: 'karpenter.kaito.sh/workspace-namespace',
};
