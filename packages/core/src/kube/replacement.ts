import type { DeleteOptions } from './client.js';
import { isInvalid, KubeError, type RefusalCause } from './errors.js';
import type { KubeObject } from './objects.js';

/** How an object is replaced whose change the server refuses, because the field can be set only at creation. */
export interface Replacement {
  /** What becomes of its dependents: pods above all. */
  readonly propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>;
}

/**
 * Decides, for a change that was refused over nothing but immutable fields, whether the object is deleted and made again. An
 * answer of `undefined` keeps it, and the refusal stands as an error.
 */
export type ReplaceStrategy = (
  live: KubeObject,
  wanted: KubeObject,
  causes: readonly RefusalCause[],
) => Replacement | undefined;

interface Rule {
  /** Fields that are immutable for this kind; each cause must lie at or under one of them. */
  readonly fields: readonly string[];
  readonly propagationPolicy: Replacement['propagationPolicy'];
}

/**
 * By kind: what cannot be changed in place, and how the old object goes. Kinds that hold what cannot be made again
 * (PersistentVolumeClaims, Namespaces, definitions) are left out on purpose: those are never replaced unasked.
 * From the validation of updates in the Kubernetes API reference; the texts were measured on kube-apiserver 1.34.4.
 */
const rules: Readonly<Record<string, Rule>> = {
  'apps/Deployment': { fields: ['spec.selector'], propagationPolicy: 'Background' },
  'apps/DaemonSet': { fields: ['spec.selector'], propagationPolicy: 'Background' },
  'apps/ReplicaSet': { fields: ['spec.selector'], propagationPolicy: 'Background' },
  // Names only `spec`: everything but replicas, template, strategy, ordinals and retention is immutable.
  'apps/StatefulSet': { fields: ['spec'], propagationPolicy: 'Background' },
  'batch/Job': {
    fields: ['spec.template', 'spec.selector', 'spec.completions', 'spec.completionMode', 'spec.podFailurePolicy'],
    propagationPolicy: 'Background',
  },
  '/Service': { fields: ['spec.clusterIP', 'spec.clusterIPs', 'spec.ipFamilies'], propagationPolicy: 'Background' },
  '/ConfigMap': { fields: ['data', 'binaryData', 'immutable'], propagationPolicy: 'Background' },
  '/Secret': { fields: ['data', 'type', 'immutable'], propagationPolicy: 'Background' },
  'rbac.authorization.k8s.io/RoleBinding': { fields: ['roleRef'], propagationPolicy: 'Background' },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { fields: ['roleRef'], propagationPolicy: 'Background' },
};

/** How the server words that a field can be set only at creation. */
const immutable =
  /field is immutable|may not change once set|updates to statefulset spec for fields other than|cannot change roleRef|primary clusterIP can not be unset/;

/** The strategy of an {@link Applier} unless it is given another: the kinds of which a second one is as good as the first. */
export const replaceImmutable: ReplaceStrategy = (live, _wanted, causes) => {
  const group = live.apiVersion.includes('/') ? live.apiVersion.slice(0, live.apiVersion.indexOf('/')) : '';
  const rule = rules[`${group}/${live.kind}`];
  if (rule === undefined) return undefined;
  const covered = causes.every(({ field = '' }) => rule.fields.some((known) => lies(field, known)));
  return covered ? { propagationPolicy: rule.propagationPolicy } : undefined;
};

/** Every refused change ends in an error, as the server gave it. */
export const replaceNothing: ReplaceStrategy = () => undefined;

/**
 * The causes of a refusal that was over immutable fields and nothing else. One other cause among them means that a new object
 * would be refused too, and then the old one must stay.
 */
export function immutableCauses(error: unknown): readonly RefusalCause[] | undefined {
  if (!isInvalid(error) || !KubeError.is(error)) return undefined;
  const causes = error.details?.causes ?? [];
  return causes.length > 0 && causes.every(({ message = '' }) => immutable.test(message)) ? causes : undefined;
}

function lies(field: string, under: string): boolean {
  return field === under || field.startsWith(`${under}.`) || field.startsWith(`${under}[`);
}
