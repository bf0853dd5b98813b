import type { KubeObject } from '../objects.js';
import { asList, asObject, isObject } from '../store/json.js';
import type { Causes } from './causes.js';
import { dnsSubdomain, labelValue, qualifiedName } from './names.js';
import type { Resource } from './resource.js';

const annotationLimit = 256 * 1024;

/** Time as Kubernetes writes it: RFC 3339 in whole seconds. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Time with exactly six digits, as Leases and Events want it. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}

/** Checks the metadata every kind has in common. `live` is given on updates. */
export function validateMetadata(
  resource: Resource,
  object: KubeObject,
  live: KubeObject | undefined,
  causes: Causes,
): void {
  const { metadata } = object;
  if (live === undefined) {
    if (!metadata.name) causes.required('metadata.name', 'name or generateName is required');
    else {
      for (const problem of (resource.strategy.name ?? dnsSubdomain).problems(metadata.name)) {
        causes.invalid('metadata.name', metadata.name, problem);
      }
    }
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    for (const problem of qualifiedName.problems(key)) causes.invalid('metadata.labels', key, problem);
    for (const problem of labelValue.problems(value)) causes.invalid('metadata.labels', value, problem);
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    for (const problem of qualifiedName.problems(key.toLowerCase()))
      causes.invalid('metadata.annotations', key, problem);
    size += key.length + value.length;
  }
  if (size > annotationLimit) causes.tooLong('metadata.annotations', annotationLimit);
  validateFinalizers(resource, metadata.finalizers ?? [], live, causes);
  validateOwners(asList(metadata.ownerReferences), causes);
}

const standardFinalizers: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Built-in kinds refuse a finalizer without a domain and a path; custom resources only warn of one, as many in the field have. */
export function unqualifiedFinalizers(finalizers: readonly string[]): readonly string[] {
  return finalizers.filter((finalizer) => !finalizer.includes('/') && !standardFinalizers.has(finalizer));
}

function validateFinalizers(
  resource: Resource,
  finalizers: readonly string[],
  live: KubeObject | undefined,
  causes: Causes,
): void {
  const unqualified = new Set(resource.custom ? [] : unqualifiedFinalizers(finalizers));
  finalizers.forEach((finalizer, index) => {
    const problems = qualifiedName.problems(finalizer);
    for (const problem of problems) causes.invalid('metadata.finalizers', finalizer, problem);
    if (problems.length === 0 && unqualified.has(finalizer)) {
      causes.invalid(
        `metadata.finalizers[${index}]`,
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      );
    }
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    causes.invalid('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
  if (live?.metadata.deletionTimestamp !== undefined) {
    const before = new Set(live.metadata.finalizers ?? []);
    const added = finalizers.filter((finalizer) => !before.has(finalizer));
    if (added.length > 0) {
      causes.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(', ')}}`,
      );
    }
  }
}

function validateOwners(owners: readonly unknown[], causes: Causes): void {
  const controllers: string[] = [];
  owners.forEach((each) => {
    const owner = asObject(each);
    const path = 'metadata.ownerReferences';
    if (!owner.apiVersion) causes.invalid(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty');
    if (!owner.kind) causes.invalid(`${path}.kind`, owner.kind ?? '', 'must not be empty');
    if (!owner.name) causes.invalid(`${path}.name`, owner.name ?? '', 'must not be empty');
    if (!owner.uid) causes.invalid(`${path}.uid`, owner.uid ?? '', 'must not be empty');
    if (owner.controller === true) controllers.push(`${owner.kind}/${owner.name}`);
  });
  if (controllers.length > 1) {
    causes.invalid(
      'metadata.ownerReferences',
      owners,
      `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]} and ${controllers[1]}`,
    );
  }
}

/** Brings metadata of a custom resource into the form a typed server would give it: unknown fields out, null labels as empty strings. */
export function coerceMetadata(metadata: unknown): {
  metadata: KubeObject['metadata'];
  unknown: string[];
  wrong: string | undefined;
} {
  if (!isObject(metadata))
    return { metadata: { name: '' }, unknown: [], wrong: metadata === undefined ? undefined : 'metadata' };
  const out: Record<string, unknown> = {};
  const unknown: string[] = [];
  let wrong: string | undefined;
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null || value === undefined) continue;
    const kind = fields[key];
    if (kind === undefined) unknown.push(`metadata.${key}`);
    else if (kind === 'strings') {
      if (!isObject(value)) wrong ??= `metadata.${key}`;
      else {
        const copy: Record<string, string> = {};
        for (const [name, text] of Object.entries(value)) {
          if (text === null) copy[name] = '';
          else if (typeof text === 'string') copy[name] = text;
          else wrong ??= `metadata.${key}`;
        }
        if (Object.keys(copy).length > 0) out[key] = copy;
      }
    } else if (kind === 'list') {
      if (!Array.isArray(value)) wrong ??= `metadata.${key}`;
      else if (value.length > 0) out[key] = value;
    } else if (typeof value !== kind && !(kind === 'number' && typeof value === 'bigint')) wrong ??= `metadata.${key}`;
    else if (value !== '') out[key] = value;
  }
  return { metadata: out as unknown as KubeObject['metadata'], unknown, wrong };
}

const fields: Readonly<Record<string, 'string' | 'number' | 'strings' | 'list'>> = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  selfLink: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'number',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'number',
  labels: 'strings',
  annotations: 'strings',
  ownerReferences: 'list',
  finalizers: 'list',
  managedFields: 'list',
};
