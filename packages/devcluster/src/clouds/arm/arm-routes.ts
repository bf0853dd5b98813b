import type { InstanceShapes } from '../instance-shape.js';
import { type AgentPoolProperties, type AgentPoolRecord, poolBody } from './agent-pool.js';
import { ArmError, type ArmRequest, type ArmResponse } from './arm-exchange.js';
import { identityAnswer, refuseStranger } from './arm-identity.js';
import type { ArmOperation } from './arm-operations.js';
import { skuList } from './arm-skus.js';
import type { ArmClusterId } from './simulated-arm.js';

/** What the paths lead to. */
export interface ArmSurface {
  readonly cluster: ArmClusterId;
  readonly location: string;
  readonly token: string;
  readonly audience?: string;
  readonly pools: ReadonlyMap<string, AgentPoolRecord>;
  readonly operations: ReadonlyMap<string, ArmOperation>;
  readonly skus: readonly string[] | 'forbidden';
  readonly instances: InstanceShapes;
  put(name: string, properties: AgentPoolProperties): { readonly pool: AgentPoolRecord; readonly status: 200 | 201 };
  remove(pool: AgentPoolRecord): void;
  abort(pool: AgentPoolRecord): void;
}

const API_VERSION = 'api-version=2026-06-01';

/** Finds what a request is for, and answers it. @throws {ArmError} everything that is not there or not allowed */
export function routeArm(request: ArmRequest, arm: ArmSurface): ArmResponse {
  const identity = identityAnswer(request, arm.token, arm.audience);
  if (identity !== undefined) return identity;
  refuseStranger(request, arm.token);
  if (!request.url.searchParams.has('api-version'))
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  const [, subscription = '', path = ''] = /^\/subscriptions\/([^/]+)\/(.*)$/i.exec(request.url.pathname) ?? [];
  if (subscription.toLowerCase() !== arm.cluster.subscriptionId.toLowerCase())
    throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  const sku = /^providers\/Microsoft\.Compute\/skus$/i.test(path);
  if (sku) return skuList(arm);
  const operation = /^providers\/Microsoft\.ContainerService\/locations\/[^/]+\/operations\/([^/]+)$/i.exec(path);
  if (operation) return operationAnswer(operation[1] ?? '', arm);
  const [, group = '', cluster = '', rest = ''] =
    /^resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)(?:\/(.*))?$/i.exec(
      path,
    ) ?? [];
  if (cluster === '')
    throw new ArmError(404, 'InvalidResourceType', `The path ${request.url.pathname} is not simulated.`);
  refuseOtherClusters(group, cluster, arm);
  return clusterAnswer(request, rest, arm);
}

function clusterAnswer(request: ArmRequest, rest: string, arm: ArmSurface): ArmResponse {
  const { method } = request;
  if (rest === '' && method === 'GET') {
    const properties = { provisioningState: 'Succeeded', agentPoolProfiles: [] };
    const body = { id: clusterId(arm), name: arm.cluster.name, location: arm.location, properties };
    return { status: 200, headers: {}, body };
  }
  if (rest === 'agentPools' && method === 'GET') {
    const value = [...arm.pools.values()].map((pool) => poolBody(poolId(arm, pool.name), pool));
    return { status: 200, headers: {}, body: { value } };
  }
  const [, name = '', action] = /^agentPools\/([^/]+)(?:\/(abort))?$/.exec(rest) ?? [];
  if (name === '') throw new ArmError(404, 'InvalidResourceType', `The path ${request.url.pathname} is not simulated.`);
  const pool = arm.pools.get(name);
  if (method === 'PUT') return putAnswer(request, name, pool, arm);
  if (pool === undefined) {
    throw new ArmError(404, 'NotFound', `Could not find the agent pool ${name}: Agent Pool not found`, { flat: true });
  }
  if (method === 'GET') return { status: 200, headers: { etag: pool.etag }, body: poolBody(poolId(arm, name), pool) };
  refuseEtag(request, pool);
  if (method === 'POST' && action === 'abort') {
    arm.abort(pool);
    return { status: 202, headers: operationHeaders(request, pool, arm) };
  }
  if (method === 'DELETE') {
    arm.remove(pool);
    return { status: 202, headers: operationHeaders(request, pool, arm) };
  }
  throw new ArmError(405, 'MethodNotAllowed', `${method} is not simulated for agent pools.`);
}

function putAnswer(
  request: ArmRequest,
  name: string,
  existing: AgentPoolRecord | undefined,
  arm: ArmSurface,
): ArmResponse {
  if (request.headers['if-none-match'] === '*' && existing !== undefined)
    throw new ArmError(412, 'PreconditionFailed', `The agent pool ${name} exists already.`, { flat: true });
  refuseEtag(request, existing);
  const { pool, status } = arm.put(name, propertiesOf(request.body));
  const headers = status === 201 ? operationHeaders(request, pool, arm) : {};
  return { status, headers, body: poolBody(poolId(arm, name), pool) };
}

function refuseEtag({ headers }: ArmRequest, pool: AgentPoolRecord | undefined): void {
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted === '*' || wanted === pool?.etag) return;
  throw new ArmError(
    412,
    'PreconditionFailed',
    'The etag does not match: the agent pool was changed by somebody else.',
    {
      flat: true,
    },
  );
}

function operationAnswer(name: string, arm: ArmSurface): ArmResponse {
  const operation = arm.operations.get(name);
  if (operation === undefined) throw new ArmError(404, 'NotFound', `The operation ${name} was not found.`);
  return { status: 200, headers: {}, body: { name, ...operation } };
}

function operationHeaders({ url }: ArmRequest, pool: AgentPoolRecord, arm: ArmSurface): Record<string, string> {
  const where = `${url.origin}/subscriptions/${arm.cluster.subscriptionId}/providers/Microsoft.ContainerService/locations/${arm.location}/operations/${pool.operation}?${API_VERSION}`;
  return { 'azure-asyncoperation': where, location: where };
}

function refuseOtherClusters(group: string, cluster: string, arm: ArmSurface): void {
  if (group.toLowerCase() !== arm.cluster.resourceGroup.toLowerCase())
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
  if (cluster.toLowerCase() !== arm.cluster.name.toLowerCase()) {
    const message = `The Resource 'Microsoft.ContainerService/managedClusters/${cluster}' under resource group '${group}' was not found.`;
    throw new ArmError(404, 'ResourceNotFound', message);
  }
}

function propertiesOf(body: string): AgentPoolProperties {
  try {
    const { properties } = JSON.parse(body) as { properties?: AgentPoolProperties };
    if (typeof properties === 'object') return properties;
  } catch {
    // Answered below, as for a body without properties.
  }
  throw new ArmError(
    400,
    'InvalidRequestContent',
    'The request content was invalid: it must be JSON with "properties".',
  );
}

function clusterId({ cluster }: ArmSurface): string {
  return `/subscriptions/${cluster.subscriptionId}/resourceGroups/${cluster.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

function poolId(arm: ArmSurface, name: string): string {
  return `${clusterId(arm)}/agentPools/${name}`;
}
