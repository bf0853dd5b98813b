import { crdOf, type KubeObject, Workspace } from '@kaito-sdk/core';
import { expect } from 'chai';
import type { HelmRelease } from '../../dist/adopt/helm-release.js';
import type { KaitoCluster } from '../../dist/adopt/read-kaito.js';
import { definitionStep } from '../../dist/adopt/take-definitions.js';

describe('the definition of Workspaces, where KAITO’s operator is looked for', () => {
  const ours: HelmRelease = { name: 'kaito', namespace: 'kaito-system' };
  const step = (crd: KubeObject) => definitionStep({ definitions: [crd] } as unknown as KaitoCluster, ours);
  const fields = (crd: KubeObject) => step(crd)?.fields.map(({ field }) => field) ?? [];

  it('keeps its schema when it is this operator’s already, and only gets into its release', () => {
    const crd = crdOf(Workspace);
    expect(fields(crd)).to.include('metadata.annotations.meta.helm.sh/release-name').and.not.include('spec.versions');
    expect(step(crd)?.why).to.match(/^is this operator’s already/);
  });

  it('gets the schema of this operator when it is another one', () => {
    const crd = structuredClone(crdOf(Workspace)) as KubeObject & { spec: { versions: { schema: object }[] } };
    for (const version of crd.spec.versions) version.schema = { openAPIV3Schema: { type: 'object' } };
    expect(fields(crd)).to.include('spec.versions');
    expect(step(crd)?.why).to.match(/^has every field of KAITO’s/);
  });
});
