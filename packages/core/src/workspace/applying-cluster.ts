import { labels, WORKSPACE_FINALIZER } from '../api/names.js';
import { WORKSPACES } from '../api/resources.js';
import type { Workspace } from '../api/workspace.js';
import { Applier } from '../kube/applier.js';
import type { KubeClient } from '../kube/client.js';
import { createFirst } from '../kube/create-first.js';
import { isAlreadyExists, isForbidden } from '../kube/errors.js';
import { ensureFinalizer, removeFinalizer } from '../kube/finalizer.js';
import type { Cache, Informer } from '../kube/informer.js';
import {
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  kindOf,
  NODES,
  PODS,
  SECRETS,
  SERVICES,
  STATEFUL_SETS,
} from '../kube/kinds.js';
import type { KubeObject, ResourceKind } from '../kube/objects.js';
import { controllingOwner } from '../kube/ownership.js';
import type { ClusterSource, WorkspaceCluster } from './workspace-cluster.js';

/** Every kind that a runtime may render. What is owned in one of them and no longer rendered is removed. */
export const RENDERED_KINDS: readonly ResourceKind[] = [SERVICES, CONFIG_MAPS, DEPLOYMENTS, STATEFUL_SETS, JOBS];

/** Only what carries our label is watched: a cluster may hold any number of Services and ConfigMaps that are none of our business. */
export const OURS = { labelSelector: labels.workspace };

/** What KAITO's own operator writes as: its program is called `manager` (its Dockerfile, v0.3 to v0.12). */
const KAITO_MANAGER = 'manager';

const PODS_OF = 'kaito-sdk/workspace';
const REVISIONS_OF = 'kaito-sdk/revisions';

export interface ApplyingClusterProps {
  /** Its writes must be visible in `cache` at once (see `writeThrough`). */
  readonly client: KubeClient;
  readonly cache: Cache;
  readonly fieldManager: string;
}

/** The cluster as the phases see it: reads from watched caches, writes by a create and then by server-side apply. */
export class ApplyingCluster implements WorkspaceCluster {
  private readonly client: KubeClient;
  private readonly cache: Cache;
  private readonly fieldManager: string;
  private readonly applier: Applier;
  private readonly podCache: Informer;
  private readonly nodeCache: Informer;
  private readonly revisionCache: Informer;

  constructor({ client, cache, fieldManager }: ApplyingClusterProps) {
    this.client = client;
    this.cache = cache;
    this.fieldManager = fieldManager;
    const migrateFrom = [fieldManager, KAITO_MANAGER];
    this.applier = new Applier({
      client,
      cache,
      fieldManager,
      inventory: RENDERED_KINDS,
      migrateFrom,
      adopt: isMarked,
      ...OURS,
    });
    this.nodeCache = cache.informer(NODES);
    this.podCache = cache.informer(PODS, OURS);
    this.revisionCache = cache.informer(CONTROLLER_REVISIONS, { labelSelector: labels.revisionOwner });
    this.revisionCache.addIndex(REVISIONS_OF, ({ metadata }) => [
      `${metadata.namespace}/${metadata.labels?.[labels.revisionOwner]}`,
    ]);
    this.podCache.addIndex(PODS_OF, ({ metadata }) => {
      const owner = metadata.labels?.[labels.workspace];
      return owner === undefined ? [] : [`${metadata.namespace}/${owner}`];
    });
  }

  async ensureFinalizer(workspace: Workspace): Promise<boolean> {
    const { metadata } = await ensureFinalizer(this.client, WORKSPACES, workspace, WORKSPACE_FINALIZER);
    return metadata.finalizers?.includes(WORKSPACE_FINALIZER) ?? false;
  }

  async removeFinalizer(workspace: Workspace): Promise<void> {
    await removeFinalizer(this.client, WORKSPACES, workspace, WORKSPACE_FINALIZER);
  }

  async apply(workspace: Workspace, objects: readonly KubeObject[], keep: readonly KubeObject[] = []): Promise<void> {
    const ours = (object: KubeObject) => labelled(object, workspace);
    await this.applier.apply(objects.map(ours), workspace, { keep: keep.map(ours) });
  }

  async takeOver(workspace: Workspace, object: KubeObject): Promise<boolean> {
    if (this.live(workspace, object) !== undefined) return true;
    const { namespace = workspace.metadata.namespace, name } = object.metadata;
    const kind = kindOf(object);
    const found = await this.client.get(kind, namespace, name);
    if (found === undefined || controllingOwner(found)?.uid !== workspace.metadata.uid) return false;
    // On the workload itself and not on its template: a label there would make other pods.
    const metadata = { labels: { [labels.workspace]: workspace.metadata.name } };
    await this.client.merge(kind, namespace, name, { metadata }, { fieldManager: this.fieldManager });
    return true;
  }

  async dryRun(workspace: Workspace, object: KubeObject): Promise<void> {
    const namespace = object.metadata.namespace ?? workspace.metadata.namespace;
    const placed = { ...object, metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) } };
    const kind = kindOf(object);
    const options = { fieldManager: this.fieldManager, dryRun: true };
    const unseen = this.live(workspace, object) === undefined;
    const created = unseen ? await createFirst(this.client, kind, placed, options) : {};
    if (created.made !== undefined) return;
    const live = await this.applier.checkName(labelled(object, workspace), workspace);
    // By the request that would be made: a server may judge a create otherwise than an apply.
    const { refusal } = created;
    if (live === undefined && refusal !== undefined && !isAlreadyExists(refusal)) throw refusal;
    await this.client.apply(kind, placed, options);
  }

  changes(workspace: Workspace, object: KubeObject): boolean {
    const live = this.live(workspace, object);
    return live !== undefined && this.applier.rendersAnew(labelled(object, workspace), workspace, live);
  }

  revisions({ metadata }: Workspace): readonly KubeObject[] {
    return this.revisionCache.byIndex(REVISIONS_OF, `${metadata.namespace}/${metadata.name}`);
  }

  async createRevision(revision: KubeObject): Promise<void> {
    try {
      await this.client.create(CONTROLLER_REVISIONS, revision);
    } catch (error) {
      // Another pass made it, and our watch has not told us yet.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async dropRevision({ metadata }: KubeObject): Promise<void> {
    await this.client.delete(CONTROLLER_REVISIONS, metadata.namespace, metadata.name);
  }

  async has(
    { metadata }: Workspace,
    kind: 'Secret' | 'ConfigMap',
    name: string,
    keys: readonly string[],
  ): Promise<boolean | undefined> {
    try {
      const found = await this.client.get(kind === 'Secret' ? SECRETS : CONFIG_MAPS, metadata.namespace, name);
      const { data = {}, binaryData = {} } = (found ?? {}) as Readonly<Record<string, object>>;
      return found !== undefined && keys.every((key) => Object.hasOwn(data, key) || Object.hasOwn(binaryData, key));
    } catch (error) {
      if (isForbidden(error)) return undefined;
      throw error;
    }
  }

  live(workspace: Workspace, object: KubeObject): KubeObject | undefined {
    const namespace = object.metadata.namespace ?? workspace.metadata.namespace;
    return this.cache.informer(kindOf(object), OURS).get(namespace, object.metadata.name);
  }

  pods({ metadata }: Workspace): readonly KubeObject[] {
    return this.podCache.byIndex(PODS_OF, `${metadata.namespace}/${metadata.name}`);
  }

  node(name: string): KubeObject | undefined {
    return this.nodeCache.get(undefined, name);
  }

  readonly source: ClusterSource = {
    // A list of one: what is watched may be listed, and needs no other right.
    node: async (name) => (await this.client.list(NODES, { fieldSelector: `metadata.name=${name}` })).items[0],
    pods: async ({ metadata: { namespace, name } }) => {
      const labelSelector = `${labels.workspace}=${name}`;
      const { items } = await this.client.list(PODS, {
        labelSelector,
        ...(namespace === undefined ? {} : { namespace }),
      });
      return items;
    },
    live: (workspace, object) => {
      const { namespace = workspace.metadata.namespace, name } = object.metadata;
      return this.client.get(kindOf(object), namespace, name);
    },
  };

  nodes(): readonly KubeObject[] {
    return this.nodeCache.list();
  }

  async daemonSets(): Promise<readonly KubeObject[]> {
    return (await this.client.list(DAEMON_SETS)).items;
  }
}

/**
 * What came back from a backup, or lost its Workspace, has our label. Anything else of that name was made by somebody else, who need not be
 * one that the author of the Workspace may overrule.
 */
function isMarked({ metadata }: KubeObject, owner: KubeObject): boolean {
  return metadata.labels?.[labels.workspace] === owner.metadata.name;
}

/** By this label we see it again, whatever the runtime wrote. */
function labelled(object: KubeObject, workspace: Workspace): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, labels: { ...metadata.labels, [labels.workspace]: workspace.metadata.name } },
  };
}
