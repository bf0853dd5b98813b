import { CRDS, crdOf, differs, type KubeObject, Workspace } from '@kaito-sdk/core';
import { OPERATOR_NAME } from '../kaito-operator.js';
import { type Step, untouched, update } from './change.js';
import { belongingTo, type HelmRelease, KEEP, protectInRelease, releaseOf } from './helm-release.js';
import { byAnybody, takenOver } from './managed-fields.js';
import { type KaitoCluster, WORKSPACE_CRD } from './read-kaito.js';

/** Everything that an uninstall of KAITO's chart must not take along, before anything else is done. */
export function protectSteps({ definitions, revisions }: KaitoCluster): readonly Step[] {
  return [
    ...revisions.flatMap((secret) => protectInRelease(secret) ?? []),
    ...definitions.map((crd) => update(crd, { metadata: { annotations: KEEP } }, 'with it go all objects of its kind')),
  ];
}

/** The definition of Workspaces as this operator needs it, and as one of its own Helm release. */
export function definitionStep({ definitions }: KaitoCluster, ours: HelmRelease): Step | undefined {
  const crd = definitions.find(({ metadata }) => metadata.name === WORKSPACE_CRD);
  if (crd === undefined) return undefined;
  const wanted = crdOf(Workspace);
  const why = 'has every field of KAITO’s and those that this operator writes; no instance type is filled in any more';
  const metadata = { ...belongingTo(ours), annotations: { ...belongingTo(ours).annotations, ...KEEP } };
  const object = { ...wanted, metadata: { ...wanted.metadata, ...metadata } };
  if (!differs(object, crd) && !fillsInTypes(crd)) return untouched(crd, 'is this operator’s already');
  // Only its release is another one where the schema is ours: `kaito crds` wrote it, or a release of another name.
  const same = !differs(wanted, crd) && !fillsInTypes(crd);
  const step = same
    ? update(crd, { metadata }, 'is this operator’s already, and gets into its Helm release')
    : update(crd, { metadata, spec: { versions: 'of this operator' } }, why);
  return {
    ...step,
    // A schema is pages long: that it is another one is all that a person wants to read.
    fields: step.fields.map((change) =>
      change.field === 'spec.versions' ? { ...change, from: `of ${nameOf(crd)}` } : change,
    ),
    carryOut: async (client) => {
      const live = await client.get(CRDS, undefined, WORKSPACE_CRD);
      // Who wrote the old one no longer owns anything of it, or its defaults would stay in the new one.
      const managedFields = live && takenOver(live, OPERATOR_NAME, byAnybody);
      if (live && managedFields) {
        const { resourceVersion } = live.metadata;
        await client.merge(CRDS, undefined, WORKSPACE_CRD, { metadata: { resourceVersion, managedFields } });
      }
      await client.apply(CRDS, object, { fieldManager: OPERATOR_NAME });
    },
  };
}

function nameOf(crd: KubeObject): string {
  const release = releaseOf(crd);
  return release === undefined ? 'KAITO' : `Helm release ${release.namespace}/${release.name}`;
}

/** KAITO's definition buys a machine that nobody named. */
function fillsInTypes({ spec }: KubeObject): boolean {
  return /"instanceType":\{[^{}]*"default":/.test(JSON.stringify(spec ?? {}));
}
