import { isDeepStrictEqual } from 'node:util';
import { type AdmissionPolicy, admitWorkspace, causesOf, formatFieldErrors, WORKSPACES } from '@kaito-sdk/core';
import { type WorkspaceDefaults, withWorkspaceDefaults } from '../config/workspace-defaults.js';

/** The part of an `AdmissionReview` (`admission.k8s.io/v1`) that is asked. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly name?: string;
  readonly object?: unknown;
  readonly oldObject?: unknown;
}

/** The part that is answered. Plain JSON. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: object;
  readonly warnings?: readonly string[];
  readonly patchType?: 'JSONPatch';
  /** Base64. */
  readonly patch?: string;
}

/** Answers one request. */
export type Admission = (request: AdmissionRequest) => AdmissionResponse;

/**
 * Refuses what the rules of the API refuse, in the words of the API server. `doubts` says what else stands in the way, a machine that
 * nobody knows for one: a warning and no refusal, since catalogs change, and a Workspace may come before what it needs.
 */
export function validateWorkspaces(
  doubts: (workspace: object) => readonly string[] = () => [],
  policy: AdmissionPolicy = {},
): Admission {
  return ({ uid, name, object, oldObject }) => {
    const errors = admitWorkspace(object, oldObject ?? undefined, policy);
    if (errors.length > 0) return { uid, allowed: false, status: invalid(name ?? '', errors) };
    const warnings = isChanged(object, oldObject) ? doubts(object as object) : [];
    return { uid, allowed: true, ...(warnings.length === 0 ? {} : { warnings: warnings.map(cut) }) };
  };
}

/** Writes the defaults of this installation into Workspaces that say nothing themselves. */
export function defaultWorkspaces(defaults: WorkspaceDefaults): Admission {
  return ({ uid, object }) => {
    const before = (object ?? {}) as { readonly resource?: object };
    const { resource } = withWorkspaceDefaults(before, defaults);
    if (resource === before.resource) return { uid, allowed: true };
    const patch = [{ op: 'replace', path: '/resource', value: resource }];
    return {
      uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    };
  };
}

/** Writes of the metadata alone (finalizers, annotations of other controllers) need not hear the same doubts again. */
function isChanged(object: unknown, old: unknown): boolean {
  if (old === undefined || old === null) return true;
  const wanted = (value: unknown) => {
    const { resource, inference, tuning } = (value ?? {}) as Readonly<Record<string, unknown>>;
    return { resource, inference, tuning };
  };
  return !isDeepStrictEqual(wanted(object), wanted(old));
}

function invalid(name: string, errors: Parameters<typeof formatFieldErrors>[0]): object {
  const { group, kind } = WORKSPACES;
  return {
    code: 422,
    reason: 'Invalid',
    message: `${kind}.${group} "${name}" is invalid: ${formatFieldErrors(errors)}`,
    details: { name, group, kind, causes: causesOf(errors) },
  };
}

/** The API server drops what comes after 4096 bytes of all warnings, and kubectl shows lines. */
function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 250 ? line : `${line.slice(0, 249)}…`;
}
