import { WORKSPACES } from '../api/resources.js';
import type { Workspace, WorkspaceStatus } from '../api/workspace.js';
import { canonicalJson } from '../canonical-json.js';
import type { Outcome } from '../engine/outcome.js';
import type { KubeClient } from '../kube/client.js';
import { isConflict, isNotFound } from '../kube/errors.js';
import { apiVersionOf, type KubeObject } from '../kube/objects.js';
import type { LastingFailure } from './failing-passes.js';
import { rfc3339 } from './node-attempt.js';
import { StatusDraft } from './status-draft.js';

/** How often a race against a change of something else of the object, its labels for one, is run again. */
const TRIES = 4;

export interface WorkspacePassProps {
  readonly object: KubeObject;
  readonly client: KubeClient;
  /** The Workspace as the watch and our own writes show it now; undefined when it is gone. */
  readonly latest: () => KubeObject | undefined;
  readonly fieldManager: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** One pass over one Workspace, as far as its status is concerned: the draft, and how it comes into the cluster. */
export class WorkspacePass {
  readonly object: KubeObject;
  readonly now: number;
  readonly workspace: Workspace;
  readonly kind: 'inference' | 'tuning';
  readonly status: StatusDraft;
  /** What is being done, in the words of a condition. */
  doing: () => string = () => 'reading the catalogs';
  /** The object with the status that the draft is an edit of. */
  private known: KubeObject;

  constructor(private readonly props: WorkspacePassProps) {
    const { object, now } = props;
    this.object = object;
    this.known = object;
    this.now = now;
    this.workspace = object as unknown as Workspace;
    this.kind = this.workspace.tuning === undefined ? 'inference' : 'tuning';
    const { status = {} } = this.workspace;
    this.status = new StatusDraft(status, object.metadata.generation, rfc3339(now), this.kind);
  }

  get leaving(): boolean {
    return this.object.metadata.deletionTimestamp !== undefined;
  }

  /** Writes what has been noted so far; does nothing when the cluster already says so. */
  async record(): Promise<void> {
    const changed = this.status.changed();
    if (changed !== undefined) await this.write(changed);
    this.status.wrote(changed);
  }

  /** Writes the status as it stands after this outcome. */
  publish(outcome: Outcome): Promise<void> {
    this.status.settle(outcome, this.kind);
    return this.record();
  }

  /** Writes the status as it stands after a pass that failed. */
  fail(failure: LastingFailure): Promise<void> {
    this.status.fail(failure, this.leaving);
    return this.record();
  }

  /**
   * Replaces the whole status of the very object that this pass began with, as compare-and-set: a status that somebody else has written since, a
   * leader that was thought dead for one, a spec or a deletion that our watch has not shown yet, and another Workspace that has taken the name
   * are all a conflict. The next pass looks again, and nothing was bought for what is no longer asked for.
   */
  private async write(status: WorkspaceStatus): Promise<void> {
    const { client, fieldManager, latest } = this.props;
    const newest = latest();
    let current: KubeObject = newest !== undefined && this.isSame(newest) ? newest : this.known;
    for (let left = TRIES; ; left--) {
      const { name, namespace, resourceVersion } = current.metadata;
      const metadata = { name, ...(namespace && { namespace }), ...(resourceVersion && { resourceVersion }) };
      const object = { apiVersion: apiVersionOf(WORKSPACES), kind: WORKSPACES.kind, metadata, status };
      try {
        this.known = await client.update(WORKSPACES, object, { fieldManager, subresource: 'status' });
        return;
      } catch (error) {
        // Deleted in the meantime: nobody is left to read it.
        if (isNotFound(error)) return;
        if (!isConflict(error) || left <= 1) throw error;
        const now = await client.get(WORKSPACES, namespace, name);
        if (now === undefined) return;
        if (!this.isSame(now)) throw error;
        current = now;
      }
    }
  }

  /** Whether nothing that this pass goes by was changed since: labels and finalizers may be others. */
  private isSame(other: KubeObject): boolean {
    if (other === this.known) return true;
    const { metadata, status } = other;
    const { uid, generation, deletionTimestamp, annotations } = this.object.metadata;
    return (
      metadata.uid === uid &&
      metadata.generation === generation &&
      metadata.deletionTimestamp === deletionTimestamp &&
      canonicalJson(metadata.annotations ?? {}) === canonicalJson(annotations ?? {}) &&
      canonicalJson(status ?? {}) === canonicalJson(this.known.status ?? {})
    );
  }
}
