import { catalogue } from '../errors.js';

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What this layer refuses before, or instead of, asking the server. Refusals of the server itself are a `KubeError`. */
export const kubeErrors = catalogue({
  KIND_UNKNOWN: (apiVersion: string, kind: string) =>
    `unknown kind ${kind} of ${apiVersion}: its plural and scope cannot be guessed; ` +
    'call registerKind({ group, version, kind, plural, namespaced }) once before using it',

  KIND_AMBIGUOUS: (kind: string, had: string, now: string) =>
    `kind ${kind} is registered as ${had} and now as ${now}; requests would go astray, so keep one of the two`,

  NAMESPACE_MISSING: (kind: string, name: string) =>
    `${kind} ${name} is namespaced, and nothing says in which namespace it is; set metadata.namespace`,

  NAME_MISSING: (kind: string) => `a request for a ${kind} needs its name, which is empty`,

  NOT_A_LIST: (path: string) =>
    `GET ${path} did not answer with a list (items, metadata.resourceVersion): is this a Kubernetes API?`,

  OWNER_NOT_STORED: ({ kind, metadata }: Named) =>
    `${kind} ${metadata.name} has no uid: only an object that the server has stored can own others`,

  OWNED_BY_ANOTHER: (live: Named, other: { readonly kind: string; readonly name: string }, owner: Named) =>
    `${live.kind} ${live.metadata.name} belongs to ${other.kind} ${other.name}; ` +
    `${owner.kind} ${owner.metadata.name} needs one of the same name. Rename one of the two owners`,

  MADE_BY_ANOTHER: (live: Named, owner: Named) =>
    `${live.kind} ${live.metadata.name} is there already, and ${owner.kind} ${owner.metadata.name}, which needs one of the same name, ` +
    `did not make it. Nothing of it was changed. Rename ${owner.metadata.name}, or remove the other`,

  OUT_OF_OWNERS_REACH: (object: Named, at: string | undefined, owner: Named) =>
    `${object.kind} ${object.metadata.name} is ${at === undefined ? 'cluster-scoped' : `in namespace ${at}`} and cannot be ` +
    `owned by ${owner.kind} ${owner.metadata.name} in namespace ${owner.metadata.namespace}: the garbage collector would ` +
    'delete it. Give the Applier an ownerLabel, and the owner a finalizer that removes it',

  NOT_SELECTED: (object: Named, selector: string) =>
    `${object.kind} ${object.metadata.name} does not carry the labels '${selector}' by which the Applier finds what it ` +
    'wrote: it would be made and never seen again. Add them to its metadata.labels',

  CACHE_STOPPED: (plural: string) => `the cache is stopped; it cannot watch ${plural} any more`,

  NOT_SENDABLE: (part: 'path' | 'header', which: string) =>
    `the ${part} ${JSON.stringify(which)} holds characters that HTTP cannot carry there (a line end, or something outside ASCII); ` +
    'look for a stray newline in a token, a user agent or a name',

  KUBECONFIG_UNREADABLE: (where: string, reason: string) =>
    `the kubeconfig ${where} cannot be used: ${reason}. Name another with --kubeconfig or KUBECONFIG`,

  KUBECONFIG_MISSING: () =>
    'nothing says which cluster to talk to: neither --kubeconfig nor KUBECONFIG names a kubeconfig, there is none at ~/.kube/config, ' +
    'and this is no pod of a cluster. Name one',

  CONTEXT_UNKNOWN: (context: string, known: readonly string[]) =>
    `the kubeconfig has no context '${context}' with a cluster; ${known.length === 0 ? 'it has none at all' : `it has ${known.join(', ')}`}. ` +
    'Name one with --context, or another file with --kubeconfig or KUBECONFIG',

  INDEX_UNKNOWN: (index: string) => `there is no index '${index}': declare it with addIndex first`,
});
