import { CRDS, catalogue, type JsonSchema, type KubeClient, schemaOf, Workspace } from '@kaito-sdk/core';

/** What is wrong with the Workspace CustomResourceDefinition that the cluster has. */
export const crdErrors = catalogue({
  CRD_MISSING: (name: string) =>
    `the cluster has no CustomResourceDefinition ${name}: install it with "kaito crds | kubectl apply --server-side -f -", or with the Helm chart`,
  CRD_FOREIGN: (name: string, field: string) =>
    `the CustomResourceDefinition ${name} of this cluster does not know ${field}, which this operator writes or reads; what a schema does not know is dropped in silence, so nothing is done. It is of another operator or of an older version: replace it with "kaito crds | kubectl apply --server-side --force-conflicts -f -"`,
});

const NAME = 'workspaces.kaito.sh';

/** Throws unless the cluster's CRD keeps every field that ours has: with a smaller one, status and spec would lose parts unseen. */
export async function checkLiveCrd(client: KubeClient): Promise<void> {
  const live = await client.get(CRDS, undefined, NAME);
  if (live === undefined) throw crdErrors.CRD_MISSING(NAME);
  const { versions = [] } = (live.spec ?? {}) as { readonly versions?: readonly CrdVersion[] };
  for (const { name, served, schema } of versions) {
    if (!served || !['v1alpha1', 'v1beta1'].includes(name)) continue;
    const missing = firstMissing(schemaOf(Workspace, name), schema?.openAPIV3Schema ?? {}, '');
    if (missing !== undefined) throw crdErrors.CRD_FOREIGN(NAME, `${missing} (${name})`);
  }
}

interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
}

/** The path of the first field of ours that the other schema would prune. */
function firstMissing(ours: JsonSchema, theirs: JsonSchema, path: string): string | undefined {
  if (theirs['x-kubernetes-preserve-unknown-fields'] === true) return undefined;
  if (ours.items !== undefined) return firstMissing(ours.items, theirs.items ?? {}, `${path}[]`);
  for (const [name, part] of Object.entries(ours.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const other = theirs.properties?.[name];
    if (other === undefined) return at;
    const below = firstMissing(part, other, at);
    if (below !== undefined) return below;
  }
  return undefined;
}
