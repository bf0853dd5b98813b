import { type Kind, kinds, type PodTemplate } from '../kinds.js';
import type { KubeObject } from '../objects.js';
import type { ClusterView } from './cluster-view.js';
import { fingerprint } from './fingerprint.js';
import { controllerReference, dependantsOf } from './ownership.js';

/** Where pods and revisions say which template they are of. */
export const revisionLabel = 'controller-revision-hash';

/** A workload whose templates are kept as ControllerRevisions. */
export interface Revised extends KubeObject {
  spec: { readonly template: PodTemplate; readonly revisionHistoryLimit?: number };
}

/** The present revision, and the template of any that is kept. */
export interface Revisions {
  readonly update: string;
  templateOf(revision: string): PodTemplate;
}

/** `web-5d8f…`: the name of the revision of a template. */
export function revisionName(owner: Revised): string {
  return `${owner.metadata.name}-${fingerprint(owner.spec.template)}`;
}

/** Makes the ControllerRevision of the owner's present template, and drops what is beyond its history; those that are `live` stay. */
export async function keepRevisions(
  view: ClusterView,
  kind: Kind,
  owner: Revised,
  live: readonly (string | undefined)[],
): Promise<Revisions> {
  const { name, namespace = 'default', uid = '' } = owner.metadata;
  const { template, revisionHistoryLimit = 10 } = owner.spec;
  const update = revisionName(owner);
  const known = dependantsOf(view, kinds.controllerRevisions)(uid).sort((a, b) => numberOf(a) - numberOf(b));
  const newest = Math.max(0, ...known.map(numberOf));
  const same = known.find((revision) => revision.metadata.name === update);
  if (same === undefined) {
    await view.create(kinds.controllerRevisions, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: update,
        namespace,
        labels: { ...template.metadata?.labels, [revisionLabel]: update.slice(name.length + 1) },
        ownerReferences: [controllerReference(kind, owner)],
      },
      data: { spec: { template: { ...template, $patch: 'replace' } } },
      revision: newest + 1,
    });
  } else if (numberOf(same) < newest) {
    await view.merge(kinds.controllerRevisions, same, { revision: newest + 1 });
  }
  const kept = new Set([update, ...live]);
  const history = known.filter((revision) => !kept.has(revision.metadata.name));
  for (const old of history.slice(0, Math.max(0, history.length - revisionHistoryLimit))) {
    await view.delete(kinds.controllerRevisions, old);
  }
  return {
    update,
    templateOf(revision) {
      const data = known.find(({ metadata }) => metadata.name === revision)?.data as RevisionData | undefined;
      if (revision === update || data === undefined) return template;
      const { $patch: _, ...past } = data.spec.template;
      return past;
    },
  };
}

interface RevisionData {
  readonly spec: { readonly template: PodTemplate & { readonly $patch?: string } };
}

function numberOf(revision: KubeObject): number {
  return Number(revision.revision ?? 0);
}
