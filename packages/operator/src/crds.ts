import { crdOf, type KubeObject, type ResourceClass, Workspace } from '@kaito-sdk/core';

/** The kinds that the operator serves. */
const KINDS: readonly ResourceClass[] = [Workspace];

/** Their CustomResourceDefinitions, as `kaito crds` prints them and the chart installs them. */
export function crds(): readonly KubeObject[] {
  return KINDS.map(crdOf);
}
