import { WORKSPACES } from '../api/resources.js';
import type { Workspace, WorkspaceStatus } from '../api/workspace.js';
import type { Outcome } from '../engine/outcome.js';
import type { KubeClient } from '../kube/client.js';
import { isNotFound } from '../kube/errors.js';
import { apiVersionOf, type KubeObject } from '../kube/objects.js';
import type { LastingFailure } from './failing-passes.js';
import { rfc3339 } from './node-attempt.js';
import { StatusDraft } from './status-draft.js';

export interface WorkspacePassProps {
  readonly object: KubeObject;
  readonly client: KubeClient;
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

  constructor(private readonly props: WorkspacePassProps) {
    const { object, now } = props;
    this.object = object;
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
   * Server-side apply with the whole status: what this status no longer says, the server drops. It goes by the name alone, since of a custom resource's
   * status a server minds no uid (kube-apiserver 1.34.4). Where the name has gone to another Workspace meanwhile, that one loses again what is not its own.
   */
  private async write(status: WorkspaceStatus): Promise<void> {
    const { client, fieldManager } = this.props;
    const { name, namespace, uid } = this.object.metadata;
    const object = {
      apiVersion: apiVersionOf(WORKSPACES),
      kind: WORKSPACES.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    const options = { fieldManager, subresource: 'status' };
    try {
      const written = await client.apply(WORKSPACES, { ...object, status }, options);
      if (written.metadata.uid === uid) return;
      await client.apply(WORKSPACES, object, options);
    } catch (error) {
      // Deleted in the meantime: nobody is left to read it.
      if (isNotFound(error)) return;
      throw error;
    }
    throw new Error(
      `Workspace ${name} was deleted and made again while it was looked at; the next look is at the new one`,
    );
  }
}
