import type { KubeObject } from '@kaito-sdk/core';

export interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldSet;
}

export interface FieldSet {
  readonly [field: string]: FieldSet;
}

/** Who writes to objects of KAITO's without being KAITO's operator: people, Helm, and the controllers of Kubernetes. */
const OTHERS = /^(kubectl|helm|kube-controller-manager|kubelet|karpenter)/;

/** What KAITO's operator wrote of an object whose status is the business of Kubernetes. */
export const byKaito = (entry: Entry): boolean => byAnybody(entry) && !OTHERS.test(entry.manager ?? '');

/** What KAITO's operator wrote of an object of its own kinds, the status included. */
export const byKaitoWithStatus = ({ manager = '' }: Entry): boolean => !OTHERS.test(manager);

/** What anybody wrote but into the status, which is the server's own of such kinds. */
export function byAnybody({ subresource = '' }: Entry): boolean {
  return subresource === '';
}

/**
 * The `metadata.managedFields` of an object after `to` has taken over entries of others, as if `to` had applied them: its next apply then
 * removes what it does not render. Undefined where there is nothing to take over.
 */
export function takenOver(
  object: KubeObject,
  to: string,
  from: (entry: Entry) => boolean = byKaito,
): readonly object[] | undefined {
  const entries = ((object.metadata as { readonly managedFields?: readonly Entry[] }).managedFields ?? []) as Entry[];
  const old = entries.filter((entry) => entry.manager !== to && from(entry));
  if (old.length === 0) return undefined;
  const rest = entries.filter((entry) => !old.includes(entry));
  const own = (subresource: string) => (entry: Entry) =>
    entry.manager === to && entry.operation === 'Apply' && (entry.subresource ?? '') === subresource;
  const merged = [...new Set(old.map(({ subresource = '' }) => subresource))].map((subresource) => {
    const before = rest.find(own(subresource));
    const parts = old.filter((entry) => (entry.subresource ?? '') === subresource);
    const fieldsV1 = parts.reduce<FieldSet>((set, entry) => union(set, entry.fieldsV1 ?? {}), before?.fieldsV1 ?? {});
    return { ...(before ?? parts[0]), manager: to, operation: 'Apply', fieldsV1 };
  });
  return [...rest.filter((entry) => !merged.some(({ subresource = '' }) => own(subresource)(entry))), ...merged];
}

function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = { ...a };
  for (const [key, value] of Object.entries(b)) out[key] = union(out[key] ?? {}, value);
  return out;
}
