import {
  CONTROLLER_REVISIONS,
  CRDS,
  controllingOwner,
  DEPLOYMENTS,
  isNotFound,
  JOBS,
  type KubeClient,
  type KubeObject,
  labels,
  NODES,
  PODS,
  type ResourceKind,
  registerKind,
  SERVICES,
  STATEFUL_SETS,
  WORKSPACES,
  type Workspace,
} from '@kaito-sdk/core';
import { VALIDATING_WEBHOOKS } from '../webhook/certificate-keeper.js';
import { ofKind } from './change.js';
import { type HelmRelease, releaseOf, revisionsOf } from './helm-release.js';
import {
  INFERENCE_SETS,
  INFERENCE_SETS_V1ALPHA1,
  KAITO_POOL,
  KAITO_WEBHOOK,
  MACHINES,
  NODE_CLAIMS,
  NODE_CLAIMS_V1BETA1,
  NODE_POOLS,
  RAG_ENGINES,
} from './kaito-kinds.js';

/** What KAITO's operator has made for one Workspace. */
export interface KaitoWorkspace {
  readonly workspace: Workspace & KubeObject;
  /** Deployment, StatefulSet or Job. */
  readonly workloads: readonly KubeObject[];
  readonly services: readonly KubeObject[];
  readonly revisions: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** NodeClaims or Machines. */
  readonly claims: readonly KubeObject[];
  /** Of its Karpenter mode. */
  readonly pools: readonly KubeObject[];
}

/** A cluster as KAITO's operator leaves it, read and not touched. */
export interface KaitoCluster {
  /** CustomResourceDefinitions that KAITO's chart brought, and the one of Workspaces whoever brought it. */
  readonly definitions: readonly KubeObject[];
  readonly release: HelmRelease | undefined;
  /** The Secrets in which Helm keeps that release. */
  readonly revisions: readonly KubeObject[];
  readonly webhooks: readonly KubeObject[];
  /** The operator itself. */
  readonly operators: readonly KubeObject[];
  readonly workspaces: readonly KaitoWorkspace[];
  readonly inferenceSets: readonly KubeObject[];
  readonly ragEngines: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
}

/** The name of the CustomResourceDefinition that both operators share. */
export const WORKSPACE_CRD = 'workspaces.kaito.sh';

/**
 * Reads everything that a takeover concerns, with the rights of whoever asks.
 *
 * @param ours the release of the operator that takes over: what is of it is none of KAITO's, whatever it is called
 */
export async function readKaito(client: KubeClient, ours: HelmRelease): Promise<KaitoCluster> {
  const all = await listed(client, CRDS);
  const workspaceCrd = all.find(({ metadata }) => metadata.name === WORKSPACE_CRD);
  const webhooks = (await listed(client, VALIDATING_WEBHOOKS)).filter(({ metadata }) =>
    KAITO_WEBHOOK.test(metadata.name),
  );
  // A webhook of this name is KAITO's for certain; the definition may be handed over already.
  const named = [...webhooks, workspaceCrd].flatMap((object) => (object && releaseOf(object)) ?? []);
  const release = named.find((one) => webhooks.length > 0 || !sameRelease(one, ours));
  const services = servicesOf(webhooks);
  const namespace = release?.namespace ?? services[0]?.namespace;
  const definitions = all.filter(
    (crd) => crd === workspaceCrd || (release !== undefined && sameRelease(releaseOf(crd), release)),
  );
  const made = workspaceCrd === undefined ? nothing : await readMade(client);
  return {
    definitions,
    release,
    revisions: release === undefined ? [] : await revisionsOf(client, release),
    webhooks,
    operators: namespace === undefined ? [] : await operatorsIn(client, namespace, services),
    workspaces: workspaceCrd === undefined ? [] : await workspacesOf(client, made),
    inferenceSets: [
      ...(await listed(client, INFERENCE_SETS).then((sets) =>
        sets.length > 0 ? sets : listed(client, INFERENCE_SETS_V1ALPHA1),
      )),
    ],
    ragEngines: await listed(client, RAG_ENGINES),
    nodes: await listed(client, NODES),
  };
}

/** The same of all Workspaces together. */
type Made = Omit<KaitoWorkspace, 'workspace'>;

const nothing: Made = { workloads: [], services: [], revisions: [], pods: [], claims: [], pools: [] };

async function readMade(client: KubeClient): Promise<Made> {
  const claims = await listed(client, NODE_CLAIMS, labels.workspace);
  const kinds = [DEPLOYMENTS, STATEFUL_SETS, JOBS];
  return {
    workloads: (await Promise.all(kinds.map((kind) => listed(client, kind)))).flat(),
    services: await listed(client, SERVICES),
    revisions: await listed(client, CONTROLLER_REVISIONS, labels.revisionOwner),
    pods: await listed(client, PODS, labels.workspace),
    claims: [
      ...(claims.length > 0 ? claims : await listed(client, NODE_CLAIMS_V1BETA1, labels.workspace)),
      ...(await listed(client, MACHINES, labels.workspace)),
    ],
    pools: await listed(client, NODE_POOLS, KAITO_POOL.workspace),
  };
}

async function workspacesOf(client: KubeClient, made: Made): Promise<readonly KaitoWorkspace[]> {
  return (await listed(client, WORKSPACES)).map((object) => {
    const { name, namespace, uid } = object.metadata;
    const owned = (one: KubeObject) => controllingOwner(one)?.uid === uid;
    const labelled = (one: KubeObject) =>
      one.metadata.labels?.[labels.workspace] === name &&
      one.metadata.labels?.[labels.workspaceNamespace] === namespace;
    return {
      workspace: object as unknown as KaitoWorkspace['workspace'],
      workloads: made.workloads.filter(owned),
      services: made.services.filter(owned),
      revisions: made.revisions.filter(owned),
      pods: made.pods.filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[labels.workspace] === name,
      ),
      claims: made.claims.filter(labelled),
      pools: made.pools.filter(
        ({ metadata }) =>
          metadata.labels?.[KAITO_POOL.workspace] === name && metadata.labels?.[KAITO_POOL.namespace] === namespace,
      ),
    };
  });
}

/**
 * KAITO's operator: the Deployment that answers its webhooks, or is called as its chart calls it. The chart brings other programs along (a
 * provisioner, feature discovery, drivers), and those are left alone.
 */
async function operatorsIn(
  client: KubeClient,
  namespace: string,
  services: readonly ServiceRef[],
): Promise<readonly KubeObject[]> {
  const { items } = await client.list(DEPLOYMENTS, { namespace });
  const answers = new Set(services.map(({ name }) => name));
  return items
    .map((item) => ofKind(DEPLOYMENTS, item))
    .filter(({ metadata: { name } }) => answers.has(name) || /(^|-)workspace$/.test(name));
}

interface ServiceRef {
  readonly namespace?: string;
  readonly name?: string;
}

/** The Services by which the API server reaches webhooks. */
function servicesOf(configurations: readonly KubeObject[]): readonly ServiceRef[] {
  return configurations.flatMap(({ webhooks }) =>
    ((webhooks ?? []) as readonly { readonly clientConfig?: { readonly service?: ServiceRef } }[]).flatMap(
      ({ clientConfig }) => clientConfig?.service ?? [],
    ),
  );
}

export function sameRelease(one: HelmRelease | undefined, other: HelmRelease): boolean {
  return one?.name === other.name && one.namespace === other.namespace;
}

/** Everything of a kind; nothing where the cluster does not serve it. */
async function listed(
  client: KubeClient,
  resource: ResourceKind,
  labelSelector?: string,
): Promise<readonly KubeObject[]> {
  registerKind(resource);
  try {
    const { items } = await client.list(resource, labelSelector === undefined ? {} : { labelSelector });
    return items.map((item) => ofKind(resource, item));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
