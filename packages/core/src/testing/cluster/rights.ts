import type { KubeObject } from '../../kube/objects.js';
import type { RequestFacts } from './request-facts.js';

/** One rule of a Role or a ClusterRole, as it stands in a manifest (`rbac.authorization.k8s.io/v1`). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** A request and what came of it: an entry of a `Journal`, or `requestFacts` with the status of the answer. */
export type AskedRequest = RequestFacts & { readonly status?: number };

/**
 * What requests need that no Role and no ClusterRole among these manifests gives, as the rules to add: one for each resource. A Role counts in
 * its own namespace. Bindings are not looked at: the roles are taken for those of whoever sent the requests.
 */
export function missingRules(
  manifests: readonly KubeObject[],
  requests: Iterable<AskedRequest>,
): readonly PolicyRule[] {
  const grants = grantsOf(manifests);
  const missing = new Map<string, Set<string>>();
  for (const need of needsOf(requests)) {
    if (grants.some((grant) => gives(grant, need))) continue;
    const key = JSON.stringify([need.group, need.resource]);
    missing.set(key, (missing.get(key) ?? new Set()).add(need.verb));
  }
  return [...missing].map(([key, verbs]) => {
    const [group, resource] = JSON.parse(key) as [string, string];
    return { apiGroups: [group], resources: [resource], verbs: VERBS.filter((verb) => verbs.has(verb)) };
  });
}

/** What the Roles and ClusterRoles among these manifests give and no request needed, one rule for each resource. */
export function unusedRules(manifests: readonly KubeObject[], requests: Iterable<AskedRequest>): readonly PolicyRule[] {
  const needs = needsOf(requests);
  return grantsOf(manifests).flatMap(({ namespace, rule }) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) => {
        const one = { ...rule, apiGroups: [group], resources: [resource] };
        const idle = rule.verbs.filter(
          (verb) => !needs.some((need) => gives({ namespace, rule: { ...one, verbs: [verb] } }, need)),
        );
        return idle.length === 0 ? [] : [{ ...one, verbs: idle }];
      }),
    ),
  );
}

/** A rule as a line of a manifest, for messages. */
export function ruleText({ apiGroups, resources, verbs, resourceNames }: PolicyRule): string {
  const list = (words: readonly string[]) => `[${words.map((word) => (word === '' ? '""' : word)).join(', ')}]`;
  const names = resourceNames === undefined ? '' : `, resourceNames: ${list(resourceNames)}`;
  return `- { apiGroups: ${list(apiGroups)}, resources: ${list(resources)}${names}, verbs: ${list(verbs)} }`;
}

/** In the order in which roles are mostly written. */
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** What the API server asks its authorizer for one request. */
interface Need {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

interface Grant {
  /** Where it holds; everywhere for a ClusterRole. */
  readonly namespace: string | undefined;
  readonly rule: PolicyRule;
}

function needsOf(requests: Iterable<AskedRequest>): readonly Need[] {
  return [...requests].flatMap(({ verb, group, resource, subresource, namespace, name, status }) => {
    if (resource === '') return [];
    const [first] = subresource?.split('/') ?? [];
    const need = { verb, group, resource: first === undefined ? resource : `${resource}/${first}`, namespace, name };
    // What is made has no name yet for whoever judges: a rule with `resourceNames` never allows it.
    if (verb === 'create' && first === undefined) return [{ ...need, name: undefined }];
    if (verb === 'delete' && name === undefined) return [{ ...need, verb: 'deletecollection' }];
    // An apply that makes its object is judged as a create as well, by the name that it was sent to.
    return verb === 'patch' && status === 201 ? [need, { ...need, verb: 'create' }] : [need];
  });
}

function grantsOf(manifests: readonly KubeObject[]): readonly Grant[] {
  return manifests.flatMap(({ kind, metadata, rules }) => {
    if (kind !== 'Role' && kind !== 'ClusterRole') return [];
    const namespace = kind === 'Role' ? (metadata.namespace ?? 'default') : undefined;
    // Rules about paths that are no resource have no resources.
    const of = ((rules ?? []) as readonly Partial<PolicyRule>[]).filter((rule) => rule.resources !== undefined);
    return of.map((rule) => ({ namespace, rule: { apiGroups: [], resources: [], verbs: [], ...rule } }));
  });
}

function gives({ namespace, rule }: Grant, need: Need): boolean {
  const has = (words: readonly string[], ...wanted: readonly string[]) =>
    words.includes('*') || wanted.some((word) => words.includes(word));
  const [, subresource] = need.resource.split('/');
  const { resourceNames = [] } = rule;
  return (
    (namespace === undefined || namespace === need.namespace) &&
    has(rule.verbs, need.verb) &&
    has(rule.apiGroups, need.group) &&
    has(rule.resources, need.resource, ...(subresource === undefined ? [] : [`*/${subresource}`])) &&
    (resourceNames.length === 0 || (need.name !== undefined && resourceNames.includes(need.name)))
  );
}
