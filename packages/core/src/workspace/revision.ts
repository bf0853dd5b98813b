import { createHash } from 'node:crypto';
import { annotations, labels } from '../api/names.js';
import type { Workspace } from '../api/workspace.js';
import { canonicalJson } from '../canonical-json.js';
import { CONTROLLER_REVISIONS } from '../kube/kinds.js';
import type { KubeObject } from '../kube/objects.js';
import { apiVersionOf } from '../kube/objects.js';
import { ownerReference } from '../kube/ownership.js';

/** As many are kept (KAITO, contract §3.3). */
const KEPT = 10;

/** What has to be done so that the present specification is among the revisions. */
export interface RevisionChange {
  /** Number of the present one. The same specification has the same number, however often it comes back. */
  readonly number: number;
  readonly hash: string;
  /** The one to be made; absent when it is there. */
  readonly create?: KubeObject;
  /** Those that are too many, the oldest first. */
  readonly drop: readonly KubeObject[];
}

/** SHA-256 of what the Workspace asks for: equal for equal specifications, whatever the order of their keys. */
export function specHash({ resource, inference, tuning }: Workspace): string {
  const hash = createHash('sha256');
  for (const part of [resource, inference, tuning]) hash.update(`${canonicalJson(part ?? null)}\n`);
  return hash.digest('hex');
}

/**
 * Keeps what a Workspace asked for as a ControllerRevision, as KAITO does: to go back, its `data` is applied to the Workspace again.
 *
 * @param known those that there are
 */
export function revisionOf(workspace: Workspace, known: readonly KubeObject[]): RevisionChange {
  const hash = specHash(workspace);
  const sorted = [...known].sort((a, b) => numberOf(a) - numberOf(b));
  const present = sorted.find(({ metadata }) => metadata.annotations?.[annotations.hash] === hash);
  const number = present ? numberOf(present) : numberOf(sorted.at(-1)) + 1;
  const { name, namespace } = workspace.metadata;
  const { resource, inference, tuning } = workspace;
  const create: KubeObject = {
    apiVersion: apiVersionOf(CONTROLLER_REVISIONS),
    kind: CONTROLLER_REVISIONS.kind,
    metadata: {
      // Sixteen digits where KAITO takes five: two specifications must not meet in one name.
      name: `${name}-${hash.slice(0, 16)}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [labels.revisionOwner]: name },
      annotations: { [annotations.hash]: hash },
      ownerReferences: [ownerReference(workspace)],
    },
    data: Object.fromEntries(Object.entries({ resource, inference, tuning }).filter(([, part]) => part !== undefined)),
    revision: number,
  };
  const tooMany = sorted.length + (present ? 0 : 1) - KEPT;
  return {
    number,
    hash,
    ...(present ? {} : { create }),
    drop: tooMany > 0 ? sorted.filter((one) => one !== present).slice(0, tooMany) : [],
  };
}

function numberOf(revision: KubeObject | undefined): number {
  const { revision: number } = (revision ?? {}) as { readonly revision?: unknown };
  return typeof number === 'number' ? number : 0;
}
